/**
 * Chooses packages so that every dependency holds, without Recommends.
 *
 * The search is depth first and takes alternatives in the order in which the package lists them, as
 * apt does; where a choice leads to a conflict it goes back and takes the next one. What was asked for
 * by name is chosen before anything else, so it settles alternatives.
 */
import { TabnixError } from "../../../workers/shared/errors.ts";
import type { DebianPackage } from "./packages.ts";
import { formatRelations, parseRelations, type Relation, versionMatches } from "./relations.ts";
import { compareVersions } from "./version.ts";

/** Options of {@link Resolver.resolve}. */
export interface ResolveOptions {
  /** Add every package marked Essential. Default true. */
  essential?: boolean;
  /** Packages that are there already; they are kept and not part of the answer. */
  installed?: readonly DebianPackage[];
}

/**
 * Chosen before others where any of several would do. `usrmerge` converts a running system and pulls
 * in perl; a tree that is laid out merged from the start needs only the marker package.
 */
const PREFERRED: readonly string[] = ["usr-is-merged"];

/** A system of 150 packages takes 150. A search that takes so many steps has run into a contradiction that backtracking will not solve. */
const MAX_STEPS = 5_000;

/** A requirement still to be met, and why: the packages that led to it, from the outermost. */
interface Requirement {
  alternatives: readonly Relation[];
  chain: readonly string[];
}

/** The rest of the work, as a list that shares its tail, so that going back costs nothing. */
type Agenda = { first: Requirement; rest: Agenda } | undefined;

/** Parsed relations of one package. */
interface Relations {
  needs: readonly Relation[][];
  rejects: readonly Relation[];
  provides: readonly Relation[];
}

/** An index in which packages can be found by name and by what they provide. */
export class Resolver {
  readonly #architecture: string;
  readonly #byName = new Map<string, DebianPackage[]>();
  readonly #providers = new Map<string, DebianPackage[]>();
  readonly #relations = new WeakMap<DebianPackage, Relations>();

  /** @param architecture of the machine that the packages are for, "i386" */
  constructor(packages: Iterable<DebianPackage>, architecture: string) {
    this.#architecture = architecture;
    for (const candidate of packages) {
      if (candidate.architecture !== architecture && candidate.architecture !== "all") continue;
      append(this.#byName, candidate.name, candidate);
      for (const { name } of candidate.provides === "" ? [] : this.#of(candidate).provides) {
        append(this.#providers, name, candidate);
      }
    }
    for (const versions of this.#byName.values()) {
      versions.sort((a, b) => compareVersions(b.version, a.version));
    }
    for (const providers of this.#providers.values()) {
      providers.sort((a, b) => rank(a) - rank(b) || compareText(a.name, b.name));
    }
  }

  /** The newest package of this name. */
  find(name: string): DebianPackage | undefined {
    return this.#byName.get(name)?.[0];
  }

  /**
   * Everything that must be installed, dependencies before what depends on them as far as cycles
   * allow. The same index and names give the same order.
   *
   * @param names packages asked for; a relation such as "python3 (>= 3.13)" is one too
   * @throws TabnixError `unsatisfiable`, with the chain of packages that leads to the contradiction
   */
  resolve(names: readonly string[], options: ResolveOptions = {}): DebianPackage[] {
    const installed = options.installed ?? [];
    const search = new Search(this, installed);
    const roots = [...names, ...(options.essential === false ? [] : this.#essentialNames())];
    for (const name of roots) this.#checkName(name);
    const chosen = search.run(roots.map((name) => ({ alternatives: one(name), chain: [] })));
    const present = new Set(installed);
    return this.#order(chosen).filter((candidate) => !present.has(candidate));
  }

  /** The packages that can satisfy a relation, best first: real ones, then providers. */
  candidates(relation: Relation): DebianPackage[] {
    const real = this.#byName.get(relation.name) ?? [];
    const virtual = this.#providers.get(relation.name) ?? [];
    return [...real, ...virtual].filter((candidate) => this.satisfies(candidate, relation));
  }

  /** Whether a package, if installed, satisfies a relation by its name or by what it provides. */
  satisfies(candidate: DebianPackage, relation: Relation): boolean {
    const { qualifier } = relation;
    if (qualifier === "any" && candidate.multiArch !== "allowed") return false;
    const native = qualifier === "" || qualifier === "any" || qualifier === "native";
    if (!native && qualifier !== this.#architecture) return false;
    if (candidate.name === relation.name && versionMatches(relation, candidate.version))
      return true;
    return this.#of(candidate).provides.some(
      (provided) =>
        provided.name === relation.name && versionMatches(relation, provided.version?.bound),
    );
  }

  /** What a package needs: Pre-Depends, then Depends. */
  needs(candidate: DebianPackage): readonly Relation[][] {
    return this.#of(candidate).needs;
  }

  /** The relation by which one of two packages excludes the other, if there is one. */
  conflict(a: DebianPackage, b: DebianPackage): string | undefined {
    for (const [one, other] of [
      [a, b],
      [b, a],
    ] as const) {
      const rejected = this.#of(one).rejects.find((relation) => this.satisfies(other, relation));
      if (rejected) return `${one.name} conflicts with ${formatRelations([rejected])}`;
    }
    return a.name === b.name ? `another version of ${a.name} is needed too` : undefined;
  }

  #of(candidate: DebianPackage): Relations {
    let relations = this.#relations.get(candidate);
    if (relations === undefined) {
      relations = {
        needs: [...parseRelations(candidate.preDepends), ...parseRelations(candidate.depends)],
        rejects: [candidate.conflicts, candidate.breaks].flatMap(parseRelations).flat(),
        provides: parseRelations(candidate.provides).flat(),
      };
      this.#relations.set(candidate, relations);
    }
    return relations;
  }

  #essentialNames(): string[] {
    return [...this.#byName.values()]
      .flatMap(([newest]) => (newest?.essential ? [newest.name] : []))
      .sort(compareText);
  }

  #checkName(name: string): void {
    const known = one(name).some((relation) => this.candidates(relation).length > 0);
    if (known) return;
    throw new TabnixError(
      "unsatisfiable",
      `There is no package ${name} for ${this.#architecture} in this suite.`,
      "Check the spelling in the recipe, and that the suite has the package.",
    );
  }

  /** Depth first, essential packages before all others. */
  #order(chosen: readonly DebianPackage[]): DebianPackage[] {
    const ordered = new Set<DebianPackage>();
    const visited = new Set<DebianPackage>();
    const visit = (candidate: DebianPackage) => {
      if (visited.has(candidate)) return;
      visited.add(candidate);
      for (const alternatives of this.needs(candidate)) {
        for (const relation of alternatives) {
          for (const other of chosen) if (this.satisfies(other, relation)) visit(other);
        }
      }
      ordered.add(candidate);
    };
    const sorted = [...chosen].sort((a, b) => compareText(a.name, b.name));
    for (const candidate of sorted) if (candidate.essential) visit(candidate);
    for (const candidate of sorted) visit(candidate);
    return [...ordered];
  }
}

/** One search for a consistent choice. */
class Search {
  readonly #resolver: Resolver;
  readonly #chosen: Set<DebianPackage>;
  #steps = 0;
  /** The first contradiction met: the one that follows the preferred choices. */
  #failure: string | undefined;

  constructor(resolver: Resolver, installed: readonly DebianPackage[]) {
    this.#resolver = resolver;
    this.#chosen = new Set(installed);
  }

  /** The names asked for first, then what each of them needs. */
  run(roots: readonly Requirement[]): DebianPackage[] {
    if (!this.#choose(roots, 0, [])) {
      throw new TabnixError(
        "unsatisfiable",
        `The packages cannot be installed together: ${this.#failure}.`,
        "Remove one of the packages from the recipe, or name the alternative that you want in it.",
      );
    }
    return [...this.#chosen];
  }

  /** Chooses the roots without their dependencies, then solves those of all of them. */
  #choose(roots: readonly Requirement[], index: number, picked: DebianPackage[]): boolean {
    const root = roots[index];
    if (root === undefined) {
      const preferred = PREFERRED.flatMap((name) => this.#resolver.find(name) ?? []);
      return this.#solve(
        picked.reduceRight<Agenda>((rest, next) => this.#plan(next, [], rest), undefined),
        preferred,
      );
    }
    const met = this.#met(root);
    if (met) return this.#choose(roots, index + 1, [...picked, met]);
    return this.#try(root, (candidate) => this.#choose(roots, index + 1, [...picked, candidate]));
  }

  #solve(agenda: Agenda, preferred: readonly DebianPackage[]): boolean {
    if (++this.#steps > MAX_STEPS) return false;
    let work = agenda;
    while (work !== undefined && this.#met(work.first)) work = work.rest;
    if (work === undefined) return true;
    const { first, rest } = work;
    const next = (candidate: DebianPackage) =>
      this.#solve(this.#plan(candidate, first.chain, rest), preferred);
    return this.#try(first, next, preferred);
  }

  /** Tries every candidate of a requirement until `next` succeeds with one of them chosen. */
  #try(
    { alternatives, chain }: Requirement,
    next: (candidate: DebianPackage) => boolean,
    preferred: readonly DebianPackage[] = [],
  ): boolean {
    const listed = alternatives.flatMap((relation) => this.#resolver.candidates(relation));
    const candidates = [...preferred.filter((name) => listed.includes(name)), ...listed];
    for (const candidate of new Set(candidates)) {
      const conflict = this.#conflict(candidate);
      if (conflict !== undefined) {
        this.#failure ??= `${[...chain, candidate.name].join(" → ")}: ${conflict}`;
        continue;
      }
      this.#chosen.add(candidate);
      if (next(candidate)) return true;
      this.#chosen.delete(candidate);
      if (this.#steps > MAX_STEPS) return false;
    }
    this.#failure ??= `${[...chain, formatRelations(alternatives)].join(" → ")} is not available`;
    return false;
  }

  #plan(candidate: DebianPackage, chain: readonly string[], rest: Agenda): Agenda {
    const longer = [...chain, candidate.name];
    return this.#resolver
      .needs(candidate)
      .reduceRight<Agenda>(
        (tail, alternatives) => ({ first: { alternatives, chain: longer }, rest: tail }),
        rest,
      );
  }

  #met({ alternatives }: Requirement): DebianPackage | undefined {
    for (const relation of alternatives) {
      for (const candidate of this.#chosen) {
        if (this.#resolver.satisfies(candidate, relation)) return candidate;
      }
    }
    return undefined;
  }

  #conflict(candidate: DebianPackage): string | undefined {
    for (const other of this.#chosen) {
      const conflict = this.#resolver.conflict(candidate, other);
      if (conflict !== undefined) return conflict;
    }
    return undefined;
  }
}

function one(name: string): Relation[] {
  return parseRelations(name)[0] ?? [];
}

const PRIORITIES = ["required", "important", "standard", "optional"];

function rank({ priority }: DebianPackage): number {
  const index = PRIORITIES.indexOf(priority);
  return index < 0 ? PRIORITIES.length : index;
}

/** By code points: the same on every machine, whatever its locale. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
