// The markdown block: the part of standard Markdown that Slack shows. Raw HTML in it is text.

import { element, lines, link } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { personMention } from "./mrkdwn.js";

// The order decides: code before emphasis, strong before emphasis. Each has its pattern and its node.
const SPANS = [
  [/`+([^`]+)`+/, (found) => element("code", {}, found[1])],
  [/!?\[([^\]]*)\]\(([^()\s]+)(?:\s+"[^"]*")?\)/, (found, directory) => link(found[2], inline(found[1], directory))],
  [/<(@[UW][A-Z0-9]+)>/, (found, directory) => personMention(found[1].slice(1), directory)],
  [/<(https?:[^<>\s]+)>|(https?:\/\/[^\s<>)\]]*[^\s<>)\].,;:!?'"*_~])/, (found) => link(found[1] ?? found[2])],
  [/\*\*(\S(?:[^\n]*?\S)?)\*\*/, (found, directory) => element("strong", {}, inline(found[1], directory))],
  [/~~(\S(?:[^\n]*?\S)?)~~/, (found, directory) => element("s", {}, inline(found[1], directory))],
  [/\*([^\s*](?:[^*\n]*[^\s*])?)\*/, (found, directory) => element("em", {}, inline(found[1], directory))],
  [/(?<![\p{L}\p{N}_])_([^\s_](?:[^\n]*?[^\s_])?)_(?![\p{L}\p{N}_])/u, (found, directory) => element("em", {}, inline(found[1], directory))],
  [/\\([\\`*_{}[\]()#+.!~|<>-])/, (found) => found[1]],
];

/** The span that starts first in the text, as its match and the node builder. */
function firstSpan(text) {
  let first = null;
  for (const [pattern, build] of SPANS) {
    const found = pattern.exec(text);
    if (found && (first === null || found.index < first.found.index)) first = { found, build };
  }
  return first;
}

function inline(text, directory) {
  const nodes = [];
  let rest = text;
  for (let span = firstSpan(rest); span !== null; span = firstSpan(rest)) {
    const { found, build } = span;
    nodes.push(...lines(withEmoji(rest.slice(0, found.index))), build(found, directory));
    rest = rest.slice(found.index + found[0].length);
  }
  return [...nodes, ...lines(withEmoji(rest))];
}

function cells(line) {
  return line.trim().replace(/^\||\|$/g, "").split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));
}

function table(rows, directory) {
  const [head, , ...body] = rows.map(cells);
  const row = (values, tag) => element("tr", {}, values.map((value) => element(tag, {}, inline(value, directory))));
  return element("div", { class: "table-frame", tabindex: "0", role: "group", "aria-label": "Table" },
    element("table", {}, element("thead", {}, row(head, "th")), element("tbody", {}, body.map((values) => row(values, "td")))));
}

function listItem(text, directory) {
  const task = /^\[([ xX])\]\s+(.*)$/s.exec(text);
  return element("li", {}, task ? [task[1] === " " ? "☐ " : "☑ ", ...inline(task[2], directory)] : inline(text, directory));
}

/** A list with the lists inside it, from lines that each start an item or go on with one. */
function list(rows, directory) {
  const [, , sign] = /^(\s*)([-*+]|\d+[.)])\s/.exec(rows[0]);
  const base = rows[0].search(/\S/);
  const ordered = /\d/.test(sign);
  const node = element(ordered ? "ol" : "ul", { start: ordered && sign !== "1." ? Number.parseInt(sign, 10) : null });
  for (let index = 0; index < rows.length; ) {
    const own = rows[index].replace(/^\s*(?:[-*+]|\d+[.)])\s+/, "");
    let end = index + 1;
    while (end < rows.length && rows[end].search(/\S/) > base) end += 1;
    const below = rows.slice(index + 1, end);
    const nested = below.findIndex((row) => LIST.test(row));
    const joined = [own, ...below.slice(0, nested === -1 ? below.length : nested).map((row) => row.trim())].join(" ");
    const item = listItem(joined, directory);
    if (nested !== -1) item.append(list(below.slice(nested), directory));
    node.append(item);
    index = end;
  }
  return node;
}

const LIST = /^\s*(?:[-*+]|\d+[.)])\s+/;
const RULE = /^\s*(?:-{3,}|\*{3,}|_{3,})\s*$/;
const HEADING = /^(#{1,6})\s+(.*?)\s*#*$/;
const FENCE = /^\s*```/;
const TABLE_RULE = /^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$/;

/** How many lines from the first one belong to the same block, while `belongs` says so. */
function run(rows, belongs) {
  let count = 1;
  while (count < rows.length && belongs(rows[count])) count += 1;
  return count;
}

function isParagraph(row) {
  return row.trim() !== "" && ![LIST, RULE, HEADING, FENCE, /^\s*>/].some((pattern) => pattern.test(row));
}

/** The block at the start of the lines: how many lines it takes, and its node (null for an empty line). */
function blockAt(rows, directory) {
  const [row] = rows;
  if (row.trim() === "") return { taken: 1, node: null };
  if (FENCE.test(row)) {
    const inside = run(rows, (next) => !FENCE.test(next));
    return { taken: inside + 1, node: element("pre", {}, rows.slice(1, inside).join("\n")) };
  }
  if (RULE.test(row)) return { taken: 1, node: element("hr") };
  const heading = HEADING.exec(row);
  if (heading) {
    const level = heading[1].length;
    const node = element("div", { class: `heading heading-${Math.min(level, 3)}`, role: "heading", "aria-level": level + 2 },
      inline(heading[2], directory));
    return { taken: 1, node };
  }
  if (/^\s*>/.test(row)) {
    const taken = run(rows, (next) => /^\s*>/.test(next));
    const inner = rows.slice(0, taken).map((line) => line.replace(/^\s*> ?/, "")).join("\n");
    return { taken, node: element("blockquote", {}, blocks(inner, directory)) };
  }
  if (LIST.test(row)) {
    const taken = run(rows, (next) => LIST.test(next) || /^\s+\S/.test(next));
    return { taken, node: list(rows.slice(0, taken), directory) };
  }
  if (rows.length > 1 && row.includes("|") && TABLE_RULE.test(rows[1])) {
    const taken = run(rows, (next) => next.includes("|"));
    return { taken, node: table(rows.slice(0, taken), directory) };
  }
  const taken = run(rows, isParagraph);
  return { taken, node: element("p", {}, inline(rows.slice(0, taken).join("\n"), directory)) };
}

function blocks(text, directory) {
  const nodes = [];
  let rows = text.split("\n");
  while (rows.length > 0) {
    const { taken, node } = blockAt(rows, directory);
    if (node) nodes.push(node);
    rows = rows.slice(taken);
  }
  return nodes;
}

/** The node of a markdown block's text. */
export function markdown(text, directory) {
  return element("div", { class: "markdown" }, blocks(String(text), directory));
}
