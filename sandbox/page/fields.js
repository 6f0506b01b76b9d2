// One input element of Block Kit as a form control that can be read, with the checks that Slack makes in the
// person's own window before anything is sent. Text reads as a string, a choice as its option's value or null,
// several choices as a list, files as the list of their ids.

import { element } from "./dom.js";
import { fileField } from "./files.js";
import { textObject } from "./mrkdwn.js";

const TEXT_TYPES = {
  plain_text_input: "text",
  number_input: "number",
  email_text_input: "email",
  url_text_input: "url",
  datepicker: "date",
  timepicker: "time",
};

function placeholderOf(input) {
  return input.placeholder?.text ?? null;
}

function checkText(input, text) {
  if (text === "") return null;
  const length = [...text].length;
  if (input.max_length && length > input.max_length) return `Please shorten this to ${input.max_length} characters (now ${length}).`;
  if (input.min_length && length < input.min_length) return `Please write at least ${input.min_length} characters.`;
  return null;
}

function checkFormat(input, text, control) {
  if (control.validity?.badInput) return "Please enter a number.";
  if (text === "") return null;
  switch (input.type) {
    case "number_input":
      if (input.is_decimal_allowed === false && !/^[+-]?\d+$/.test(text)) return "Please enter a whole number.";
      if (input.min_value !== undefined && Number(text) < Number(input.min_value)) return `Please enter ${input.min_value} or more.`;
      if (input.max_value !== undefined && Number(text) > Number(input.max_value)) return `Please enter ${input.max_value} or less.`;
      return null;
    case "email_text_input":
      return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text) ? null : "Please enter an email address.";
    case "url_text_input":
      return /^https?:\/\/\S+$/i.test(text) ? null : "Please enter an address that starts with https:// or http://.";
    default:
      return null;
  }
}

/** A text control, with the count of what is left where there is a limit. */
function textField(input, id) {
  const initial = input.initial_value ?? input.initial_date ?? input.initial_time ?? "";
  const control = input.multiline
    ? element("textarea", { id, rows: 4, placeholder: placeholderOf(input) })
    : element("input", { id, type: TEXT_TYPES[input.type], placeholder: placeholderOf(input), step: input.type === "number_input" ? "any" : null });
  control.value = initial;
  const left = input.max_length ? element("span", { class: "characters-left", "aria-hidden": "true" }) : null;
  const count = () => {
    if (left === null) return;
    const remaining = input.max_length - [...control.value].length;
    left.textContent = remaining <= 100 ? String(remaining) : "";
    left.classList.toggle("too-long", remaining < 0);
  };
  control.addEventListener("input", count);
  count();
  return {
    node: left ? element("div", { class: "text-field" }, control, left) : control,
    control,
    read: () => control.value,
    write: (value) => {
      control.value = value ?? "";
      count();
    },
    isEmpty: () => control.value.trim() === "" && !control.validity?.badInput,
    check: () => checkText(input, control.value) ?? checkFormat(input, control.value, control),
  };
}

function optionNode(option) {
  return element("option", { value: option.value }, option.text?.text ?? option.value);
}

function selectField(input, id) {
  const groups = (input.option_groups ?? []).map((group) =>
    element("optgroup", { label: group.label?.text ?? "" }, (group.options ?? []).map(optionNode)));
  const control = element("select", { id },
    element("option", { value: "" }, placeholderOf(input) ?? "Choose…"), groups, (input.options ?? []).map(optionNode));
  control.value = input.initial_option?.value ?? "";
  return {
    node: control,
    control,
    read: () => (control.value === "" ? null : control.value),
    write: (value) => {
      control.value = value ?? "";
    },
    isEmpty: () => control.value === "",
    check: () => null,
  };
}

/** Radio buttons, checkboxes, and the select of several, which is shown as checkboxes. */
function choiceField(input, id, directory) {
  const many = input.type !== "radio_buttons";
  const initial = many ? (input.initial_options ?? []).map((option) => option.value) : [input.initial_option?.value];
  const options = [...(input.options ?? []), ...(input.option_groups ?? []).flatMap((group) => group.options ?? [])];
  const controls = options.map((option, index) => {
    const control = element("input", { type: many ? "checkbox" : "radio", name: id, id: index === 0 ? id : `${id}-${index}`, value: option.value });
    control.checked = initial.includes(option.value);
    return control;
  });
  const rows = options.map((option, index) =>
    element("label", { class: "choice" }, controls[index],
      element("span", {}, textObject(option.text, directory),
        option.description && element("span", { class: "choice-description" }, textObject(option.description, directory)))));
  const chosen = () => controls.filter((control) => control.checked).map((control) => control.value);
  return {
    node: element("div", { class: "choices" }, rows),
    control: controls[0] ?? null,
    isGroup: true,
    read: () => (many ? chosen() : (chosen()[0] ?? null)),
    write: (value) => {
      const values = Array.isArray(value) ? value : [value];
      for (const control of controls) control.checked = values.includes(control.value);
    },
    isEmpty: () => chosen().length === 0,
    check: () => null,
  };
}

/** The control for an input element, or null where this page does not know its type. */
export function field(input, id, directory, upload) {
  if (Object.hasOwn(TEXT_TYPES, input.type)) return textField(input, id);
  switch (input.type) {
    case "static_select":
      return selectField(input, id);
    case "radio_buttons":
    case "checkboxes":
    case "multi_static_select":
      return choiceField(input, id, directory);
    case "file_input":
      return fileField(input, id, upload);
    default:
      return null;
  }
}
