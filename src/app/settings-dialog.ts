import { isLanName } from "../../workers/shared/lan-name.ts";
import { isRelayAddress } from "../../workers/shared/relay-address.ts";
import { openDialog } from "./dialog.ts";
import { type Attributes, element } from "./element.ts";
import { FONT_SIZE, type Settings, type SettingsStore } from "./settings.ts";

const THEMES: Readonly<Record<Settings["theme"], string>> = {
  system: "As the system",
  light: "Light",
  dark: "Dark",
};
const KEY_BARS: Readonly<Record<Settings["keyBar"], string>> = {
  auto: "On touch screens",
  shown: "Always",
  hidden: "Never",
};

/** Lets the visitor change the settings; every change holds at once. */
export function openSettings(settings: SettingsStore): void {
  const { theme, fontSize, screenReader, keyBar } = settings.value;
  const size = element("input", {
    type: "number",
    min: String(FONT_SIZE.minimum),
    max: String(FONT_SIZE.maximum),
    value: String(fontSize),
  });
  size.addEventListener("change", () => {
    if (!Number.isNaN(size.valueAsNumber)) settings.update({ fontSize: size.valueAsNumber });
    size.value = String(settings.value.fontSize);
  });
  const relay = relayField(settings);
  const token = element("input", {
    type: "password",
    autocomplete: "off",
    value: settings.value.relayToken,
  });
  token.addEventListener("change", () => settings.update({ relayToken: token.value.trim() }));
  const reader = element("input", { type: "checkbox", role: "switch", checked: screenReader });
  reader.addEventListener("change", () => settings.update({ screenReader: reader.checked }));
  openDialog(
    "Settings",
    element(
      "div",
      { class: "fields" },
      field(
        "Theme",
        choice(THEMES, theme, (value) => settings.update({ theme: value })),
      ),
      field("Text size", size),
      field(
        "Key bar",
        choice(KEY_BARS, keyBar, (value) => settings.update({ keyBar: value })),
      ),
      field(
        "Screen reader",
        reader,
        "Reads the terminal's output through assistive technology. Output gets slower.",
      ),
      field(
        "Relay",
        relay,
        "The machine reaches the Internet through it, and it sees with whom. Kept in this browser.",
      ),
      field("Relay token", token, "Where the relay asks for one."),
      field(
        "Local network",
        lanField(settings),
        "Machines in tabs of this site that name the same one reach each other. Joining ends the machine's connections.",
      ),
    ),
  );
}

/** Takes the address of a relay, or nothing; what is neither is said, and not taken. */
function relayField(settings: SettingsStore): HTMLInputElement {
  const relay = element("input", {
    type: "url",
    placeholder: "wss://relay.example/",
    value: settings.value.relay,
  });
  relay.addEventListener("change", () => {
    const address = relay.value.trim();
    const isGood = address === "" || isRelayAddress(address);
    relay.setCustomValidity(isGood ? "" : "An address of a relay begins with wss:// or ws://.");
    relay.reportValidity();
    if (isGood) settings.update({ relay: address });
  });
  return relay;
}

/** Takes the name of a network of tabs, or nothing. */
function lanField(settings: SettingsStore): HTMLInputElement {
  const lan = element("input", {
    type: "text",
    autocomplete: "off",
    placeholder: "none",
    value: settings.value.lan,
  });
  lan.addEventListener("change", () => {
    const name = lan.value.trim();
    const isGood = name === "" || isLanName(name);
    lan.setCustomValidity(isGood ? "" : "Lower-case letters, digits and dashes: try demo.");
    lan.reportValidity();
    if (isGood) settings.update({ lan: name });
  });
  return lan;
}

function field(label: string, control: HTMLElement, note = ""): HTMLElement {
  const text = element("span", { class: "field-label" }, label);
  if (note !== "") text.append(element("small", {}, note));
  return element("label", { class: "field" }, text, control);
}

/** A drop-down list of the keys of `texts`. */
function choice<Value extends string>(
  texts: Readonly<Record<Value, string>>,
  chosen: Value,
  onChoose: (value: Value) => void,
): HTMLSelectElement {
  const values = Object.keys(texts) as Value[];
  const options = values.map((value) => {
    const attributes: Attributes = { value, selected: value === chosen };
    return element("option", attributes, texts[value]);
  });
  const list = element("select", {}, ...options);
  list.addEventListener("change", () => {
    const value = values[list.selectedIndex];
    if (value !== undefined) onChoose(value);
  });
  return list;
}
