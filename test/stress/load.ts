/**
 * What the guest writes while it is killed, and how it is looked through afterwards. Two things grow:
 * files that are named by their number and the beginning of their hash, and a log of numbered records of
 * eight bytes, to which records are appended. The shell says so when the guest has synchronised them.
 */

const DIGITS = 16;
const RECORD_BYTES = 8;

/** The functions below, kept on the disk: to type them takes longer than to start the machine. */
const DEFINITIONS = [
  `records() { awk -v a=$1 -v b=$2 'BEGIN { for (i = a; i < b; i++) printf "%07d\\n", i }'; }`,
  // Alternately everything that the guest holds back, and one file alone. Debian's kernel does not tell
  // the server of the first.
  "case $(uname -r) in *tabnix) all=:;; *) all='sync d';; esac",
  `durable() { if [ $((RANDOM % 2)) = 0 ]; then sync && $all; else sync "$1"; fi; }`,
  [
    "file() { dd if=/dev/urandom of=t bs=$((1 + RANDOM % 3000)) count=$((1 + RANDOM % 20)) 2>/dev/null;",
    `h=$(sha256sum < t | cut -c1-${DIGITS}); mv t d/$i.$h; durable d/$i.$h && echo file $i.$h;`,
    "i=$((i + 1)); }",
  ].join(" "),
  // Several at once, so that a write may be cut off within them.
  [
    "append() { m=$((n + 1 + RANDOM % 400));",
    "records $n $m | dd of=log oflag=append conv=notrunc,fsync 2>/dev/null && echo records $m; n=$m; }",
  ].join(" "),
  [
    `load() { i=$(ls d | wc -l); n=$(($(wc -c < log) / ${RECORD_BYTES})); clear;`,
    "while :; do if [ $((RANDOM % 2)) = 0 ]; then file; else append; fi; done; }",
  ].join(" "),
  // How many records are right, one after the other.
  `right() { awk '$0 != sprintf("%07d", NR - 1) { exit } { n++ } END { print n + 0 }' log; }`,
  // Few processes: a machine that has just woken takes long to start one.
  [
    "names() { (cd d; sha256sum * 2>/dev/null) | awk -v from=$1 '",
    `{ split($2, part, "."); if (part[2] != substr($1, 1, ${DIGITS})) print "broken", $2;`,
    "name[part[1]] = $2; count++ }",
    'END { for (i = 0; i < from; i++) print name[i] | "sha256sum"; close("sha256sum");',
    `for (i = from; i < count; i++) print name[i]; print "looked", from, "of", count + 0 }'; }`,
  ].join(" "),
  // What follows the last right record was not finished, and is cut off.
  [
    `look() { clear; echo looking $1; n=$(right); s=$(($(wc -c < log) / ${RECORD_BYTES}));`,
    `[ $n -le $s ] || n=$s; dd if=/dev/null of=log bs=${RECORD_BYTES} seek=$n 2>/dev/null;`,
    "echo records $n; names $1; }",
  ].join(" "),
];

/** Puts the functions on the disk of a new machine, line by line, as the shell takes 1024 bytes of one. */
export const PREPARE = [
  "cd /root; mkdir -p d; touch log; cat > functions << 'END'",
  ...DEFINITIONS,
  "END",
  "sync; sync functions d log; . ./functions",
];

/** Takes them from there. */
export const RESUME = ["cd /root; . ./functions"];

/** Writes until it is killed. */
export const LOAD = "load";

/** Tells of everything that is there; names only from the `known`th on. */
export const lookAt = (known: number): string => `look ${known}`;

/** What the last {@link lookAt} has printed, once that is all. */
export function lookedIn(screen: string): string | undefined {
  const from = screen.search(/^looking \d+$(?![\s\S]*^looking \d+$)/m);
  const printed = from < 0 ? "" : screen.slice(from);
  return /^looked \d+ of \d+$/m.test(printed) ? printed : undefined;
}
