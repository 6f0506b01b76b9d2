// Slack's own mark-up as nodes: *bold*, _italic_, ~strike~, `code`, fenced code, > quotes, <links>, mentions,
// dates, emoji. What Slack would leave as it is, stays as it is. Untrusted text is safe here: see dom.js.

import { element, lines, link } from "./dom.js";
import { formatDate } from "./dates.js";
import { emojiCharacter, withEmoji } from "./emoji.js";

const STYLES = { "*": "strong", _: "em", "~": "s" };
const WORD = /[\p{L}\p{N}]/u;

/** The three entities that Slack decodes, and no others. */
function unescape(text) {
  return text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");
}

/** A mention of a person, a group or a channel; one's own is highlighted. */
export function mention(label, isMine = false) {
  return element("span", { class: isMine ? "mention mention-mine" : "mention" }, label);
}

export function personMention(id, directory) {
  return mention(`@${directory.personName(id)}`, id === directory.viewer);
}

export function moment(seconds, format, fallback, address) {
  const shown = formatDate(seconds, format, fallback);
  const full = formatDate(seconds, "{date_long} at {time_secs}", fallback);
  const time = element("time", { title: full }, shown);
  return address ? link(address, time) : time;
}

/** `<!here>`, `<!subteam^S1>`, `<!date^…>`. */
function special(content, label, directory) {
  const [name, ...rest] = content.split("^");
  if (name === "date") return moment(rest[0], rest[1] ?? "{date_num}", label ?? "", rest[2]);
  if (name === "subteam") return mention(label ?? `@${directory.groupHandle(rest[0])}`);
  return mention(`@${label ?? name}`);
}

/** What stands between angle brackets. */
function bracketed(content, directory) {
  const bar = content.indexOf("|");
  const target = unescape(bar === -1 ? content : content.slice(0, bar));
  const label = bar === -1 ? undefined : unescape(content.slice(bar + 1));
  if (target.startsWith("@")) return personMention(target.slice(1), directory);
  if (target.startsWith("#")) return mention(`#${directory.channelName(target.slice(1))}`);
  if (target.startsWith("!")) return special(target.slice(1), label, directory);
  if (/^(https?|mailto|tel):/i.test(target)) return link(target, label ? withEmoji(label) : target);
  return unescape(`<${content}>`);
}

/** Where the span opened at `start` closes, or -1. Code and bracketed spans inside are stepped over. */
function closing(text, start) {
  const sign = text[start];
  const before = text[start - 1];
  const after = text[start + 1];
  if (after === undefined || /\s/.test(after) || after === sign) return -1;
  if (before !== undefined && (WORD.test(before) || before === sign)) return -1;
  for (let index = start + 1; index < text.length; index += 1) {
    const letter = text[index];
    if (letter === "\n") return -1;
    const end = letter === "<" ? ">" : letter === "`" ? "`" : null;
    const skip = end === null ? -1 : text.indexOf(end, index + 1);
    if (skip > index) {
      index = skip;
    } else if (letter === sign && index > start + 1 && !/\s/.test(text[index - 1])) {
      const next = text[index + 1];
      if (next === undefined || !(WORD.test(next) || next === sign)) return index;
    }
  }
  return -1;
}

/** The longest piece of mark-up that starts at `index`: its length and node, or null. */
function pieceAt(text, index, directory) {
  const rest = text.slice(index);
  const letter = text[index];
  if (letter === "`") {
    const code = /^`([^`\n]+)`/.exec(rest);
    return code && { length: code[0].length, node: element("code", {}, unescape(code[1])) };
  }
  if (letter === "<") {
    const bracket = /^<([^<>\n]+)>/.exec(rest);
    return bracket && { length: bracket[0].length, node: bracketed(bracket[1], directory) };
  }
  if (letter === ":") {
    const code = /^:([a-z0-9_+-]+):/.exec(rest);
    const character = code && emojiCharacter(code[1]);
    return character && { length: code[0].length, node: element("span", { title: code[0], class: "emoji" }, character) };
  }
  if (letter === "h" && !WORD.test(text[index - 1] ?? " ")) {
    const address = /^https?:\/\/[^\s<>|]*[^\s<>|.,;:!?'")\]*_~]/.exec(rest);
    return address && { length: address[0].length, node: link(unescape(address[0])) };
  }
  if (Object.hasOwn(STYLES, letter)) {
    const end = closing(text, index);
    if (end === -1) return null;
    const inner = inline(text.slice(index + 1, end), directory);
    return { length: end - index + 1, node: element(STYLES[letter], {}, inner) };
  }
  return null;
}

/** The nodes of text without quotes or fences. */
function inline(text, directory) {
  const nodes = [];
  let plain = "";
  let index = 0;
  const flush = () => {
    if (plain !== "") nodes.push(...lines(unescape(plain)));
    plain = "";
  };
  while (index < text.length) {
    const piece = pieceAt(text, index, directory);
    if (piece) {
      flush();
      nodes.push(piece.node);
      index += piece.length;
    } else {
      plain += text[index];
      index += 1;
    }
  }
  flush();
  return nodes;
}

/** Text outside fences: runs of quoted lines become quotes. */
function quotedAndPlain(text, directory) {
  const nodes = [];
  let run = [];
  let runIsQuote = false;
  const flush = () => {
    if (run.length > 0) {
      const content = inline(run.join("\n"), directory);
      nodes.push(...(runIsQuote ? [element("blockquote", {}, content)] : content));
    }
    run = [];
  };
  for (const line of text.split("\n")) {
    const quoted = /^(?:&gt;|>) ?(.*)$/.exec(line);
    if ((quoted !== null) !== runIsQuote) {
      flush();
      runIsQuote = quoted !== null;
    }
    run.push(quoted ? quoted[1] : line);
  }
  flush();
  return nodes;
}

/** A fragment that shows mrkdwn text. */
export function mrkdwn(text, directory) {
  const fragment = document.createDocumentFragment();
  const parts = String(text).split(/```([\s\S]+?)```\n?/);
  parts.forEach((part, index) => {
    if (index % 2 === 1) fragment.append(element("pre", {}, unescape(part.replace(/^\n|\n$/g, ""))));
    else if (part !== "") fragment.append(...quotedAndPlain(index + 1 < parts.length ? part.replace(/\n$/, "") : part, directory));
  });
  return fragment;
}

/** A Block Kit text object: plain_text shows every sign as it is, but for emoji codes where it asks for them. */
export function textObject(object, directory) {
  if (object === null || object === undefined) return document.createDocumentFragment();
  if (typeof object === "string") return mrkdwn(object, directory);
  if (object.type === "mrkdwn") return mrkdwn(object.text ?? "", directory);
  const fragment = document.createDocumentFragment();
  const text = String(object.text ?? "");
  fragment.append(...lines(object.emoji === false ? text : withEmoji(text)));
  return fragment;
}
