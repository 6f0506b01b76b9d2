// The rich_text block: sections, preformatted text, quotes and lists, whose text is never mark-up.

import { element, lines, link } from "./dom.js";
import { emojiCharacter } from "./emoji.js";
import { mention, moment, personMention } from "./mrkdwn.js";

const STYLE_TAGS = [["code", "code"], ["bold", "strong"], ["italic", "em"], ["strike", "s"], ["underline", "u"]];

function bare(item, directory) {
  switch (item.type) {
    case "text":
      return lines(item.text ?? "");
    case "link":
      return [link(item.url ?? "", item.text || item.url || "")];
    case "emoji":
      return [emojiCharacter(item.name) ?? `:${item.name}:`];
    case "user":
      return [personMention(item.user_id, directory)];
    case "usergroup":
      return [mention(`@${directory.groupHandle(item.usergroup_id)}`)];
    case "channel":
      return [mention(`#${directory.channelName(item.channel_id)}`)];
    case "broadcast":
      return [mention(`@${item.range}`)];
    case "date":
      return [moment(item.timestamp, item.format ?? "{date}", item.fallback ?? "", item.url)];
    case "color":
      return [element("code", {}, item.value ?? "")];
    default:
      return [`[${item.type}]`];
  }
}

function styled(item, directory) {
  let nodes = bare(item, directory);
  for (const [name, tag] of STYLE_TAGS) {
    if (item.style?.[name]) nodes = [element(tag, {}, nodes)];
  }
  return nodes;
}

function content(part, directory) {
  return (part.elements ?? []).flatMap((item) => styled(item, directory));
}

function list(part, directory) {
  const items = (part.elements ?? []).map((item) => element("li", {}, content(item, directory)));
  const level = Math.min(Number(part.indent) || 0, 8);
  const start = part.style === "ordered" && part.offset ? Number(part.offset) + 1 : null;
  return element(part.style === "ordered" ? "ol" : "ul", { class: `indent-${level}`, start }, items);
}

function part(value, directory) {
  switch (value.type) {
    case "rich_text_section":
      return element("div", { class: "rich-section" }, content(value, directory));
    case "rich_text_preformatted":
      return element("pre", {}, content(value, directory));
    case "rich_text_quote":
      return element("blockquote", {}, content(value, directory));
    case "rich_text_list":
      return list(value, directory);
    default:
      return element("div", { class: "unknown" }, `[${value.type}]`);
  }
}

/** The node of a rich_text block, or of a rich_text cell in a table. */
export function richText(block, directory) {
  return element("div", { class: "rich-text" }, (block.elements ?? []).map((value) => part(value, directory)));
}
