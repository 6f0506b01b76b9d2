// Block Kit blocks as nodes. A context says whose eyes read (`directory`), what a press does (`press`), and where
// input blocks leave their fields (`form`, null outside modals). Unknown blocks are named, never dropped silently.

import { element } from "./dom.js";
import { field } from "./fields.js";
import { markdown } from "./markdown.js";
import { textObject } from "./mrkdwn.js";
import { richText } from "./rich_text.js";

function unknown(what) {
  return element("div", { class: "unknown" }, `This page cannot show “${what}”.`);
}

/** Images are never fetched: nothing of this page reaches beyond the sandbox. */
function image(block, directory, small = false) {
  const alt = block.alt_text || "no description";
  return element("div", { class: small ? "image image-small" : "image", role: "img", "aria-label": alt },
    block.title && element("span", { class: "image-title" }, textObject(block.title, directory)),
    element("span", {}, small ? alt : `Image: ${alt}`));
}

function button(item, block, context) {
  const look = item.style === "primary" || item.style === "danger" ? `button button-${item.style}` : "button";
  const node = element(item.url ? "a" : "button", {
    class: look,
    type: item.url ? null : "button",
    href: item.url && /^https?:\/\//i.test(item.url) ? item.url : null,
    target: item.url ? "_blank" : null,
    rel: item.url ? "noopener noreferrer" : null,
    "aria-label": item.accessibility_label ?? null,
    "data-testid": `button-${item.action_id}`,
    "data-action": `${block.block_id ?? ""} ${item.action_id ?? ""}`,
    onclick: () => context.press({ ...item, block_id: block.block_id }, node),
  }, textObject(item.text, context.directory));
  return node;
}

/** A select or an overflow menu in a message: choosing sends at once. */
function menu(item, block, context) {
  const title = item.type === "overflow" ? "More actions" : (item.placeholder?.text ?? "Choose…");
  const options = [...(item.options ?? []), ...(item.option_groups ?? []).flatMap((group) => group.options ?? [])];
  const node = element("select", { "aria-label": title, "data-testid": `button-${item.action_id}` },
    element("option", { value: "" }, item.type === "overflow" ? "⋯" : title),
    options.map((option) => element("option", { value: option.value }, option.text?.text ?? option.value)));
  node.value = item.initial_option?.value ?? "";
  node.addEventListener("change", async () => {
    if (node.value !== "") await context.press({ ...item, block_id: block.block_id, value: node.value }, node);
    if (item.type === "overflow") node.value = "";
  });
  return node;
}

function interactive(item, block, context) {
  switch (item.type) {
    case "button":
      return button(item, block, context);
    case "static_select":
    case "overflow":
      return menu(item, block, context);
    case "image":
      return image(item, context.directory, true);
    default:
      return unknown(item.type);
  }
}

function section(block, context) {
  const { directory } = context;
  return element("div", { class: "section" },
    element("div", { class: "section-body" },
      block.text && element("div", { class: "text" }, textObject(block.text, directory)),
      block.fields && element("div", { class: "section-fields" },
        block.fields.map((text) => element("div", { class: "text" }, textObject(text, directory))))),
    block.accessory && element("div", { class: "accessory" }, interactive(block.accessory, block, context)));
}

function contextLine(block, context) {
  return element("div", { class: "context" }, (block.elements ?? []).map((item) =>
    item.type === "image" ? image(item, context.directory, true) : element("span", {}, textObject(item, context.directory))));
}

function table(block, context) {
  const settings = block.column_settings ?? [];
  const cell = (value, tag, column) => {
    const setting = settings[column] ?? {};
    const content = value.type === "rich_text" ? richText(value, context.directory) : String(value.text ?? value.value ?? "");
    const align = setting.align && setting.align !== "left" ? `align-${setting.align}` : "";
    return element(tag, { class: [align, setting.is_wrapped ? "wraps" : ""].join(" ").trim() || null, scope: tag === "th" ? "col" : null }, content);
  };
  const rows = (block.rows ?? []).map((row, number) =>
    element("tr", {}, row.map((value, column) => cell(value, number === 0 ? "th" : "td", column))));
  return element("div", { class: "table-frame", tabindex: "0", role: "group", "aria-label": "Table" },
    element("table", {}, element("thead", {}, rows.slice(0, 1)), element("tbody", {}, rows.slice(1))));
}

/** An input block with its label, hint and room for an error, tied together for readers of every kind. */
function input(block, context) {
  const id = `${context.idPrefix}-${block.block_id ?? ""}`.replace(/[^\w-]/g, "_");
  const control = field(block.element ?? {}, id, context.directory, context.upload);
  if (control === null) return unknown(block.element?.type);
  const label = [textObject(block.label, context.directory),
    block.optional && element("span", { class: "optional" }, " (optional)")];
  const hint = block.hint ? element("div", { class: "hint", id: `${id}-hint` }, textObject(block.hint, context.directory)) : null;
  const error = element("div", { class: "field-error", id: `${id}-error`, "data-testid": `error-${block.block_id}`, hidden: true });
  const described = [hint ? `${id}-hint` : null, `${id}-error`].filter(Boolean).join(" ");
  control.control?.setAttribute("aria-describedby", described);
  if (!control.isGroup && !block.optional) control.control?.setAttribute("aria-required", "true");
  context.form?.push({ block_id: block.block_id, action_id: block.element.action_id, optional: block.optional === true, field: control, error });
  const attributes = { class: "input-block", "data-testid": `input-${block.block_id}` };
  return control.isGroup
    ? element("fieldset", attributes, element("legend", {}, label), control.node, hint, error)
    : element("div", attributes, element("label", { for: id }, label), control.node, hint, error);
}

function block(value, context) {
  switch (value.type) {
    case "header":
      return element("div", { class: "header-block", role: "heading", "aria-level": "3" }, textObject(value.text, context.directory));
    case "section":
      return section(value, context);
    case "context":
      return contextLine(value, context);
    case "divider":
      return element("hr");
    case "actions":
      return element("div", { class: "actions" }, (value.elements ?? []).map((item) => interactive(item, value, context)));
    case "rich_text":
      return richText(value, context.directory);
    case "table":
      return table(value, context);
    case "markdown":
      return markdown(value.text ?? "", context.directory);
    case "image":
      return image(value, context.directory);
    case "input":
      return input(value, context);
    default:
      return unknown(value.type);
  }
}

/** The node that shows all the blocks of a message or a view. */
export function renderBlocks(blocks, context) {
  return element("div", { class: "blocks" }, blocks.map((value) => block(value, context)));
}
