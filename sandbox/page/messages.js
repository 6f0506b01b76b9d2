// The list of messages of a channel or a thread. Guarantees that a message already on the page is only replaced
// when it changed, so that focus, selections and screen readers are not disturbed by what others do.

import { renderBlocks } from "./blocks.js";
import { timeOf } from "./dates.js";
import { initials } from "./directory.js";
import { element } from "./dom.js";
import { fileCards } from "./files.js";
import { mrkdwn } from "./mrkdwn.js";

export function isReply(message) {
  return Boolean(message.thread_ts) && message.thread_ts !== message.ts;
}

export function avatar(id, directory) {
  const colour = directory.isApp(id) ? "app" : directory.avatarColour(id);
  return element("span", { class: `avatar avatar-${colour}`, "aria-hidden": "true" }, initials(directory.personName(id)));
}

function dismissButton(onDismiss) {
  return element("button", { type: "button", class: "text-button", "data-testid": "dismiss", onclick: onDismiss }, "Dismiss message");
}

function onlyYou() {
  return element("div", { class: "only-you" }, element("span", { "aria-hidden": "true" }, "👁 "), "Only visible to you");
}

function stamp(ts) {
  const time = timeOf(ts);
  return element("time", { class: "stamp", datetime: time.iso, title: time.full }, time.clock);
}

function threadLink(entry, actions) {
  const { replies, privateReplies, message } = entry;
  if (replies.length + privateReplies.length === 0) return null;
  const last = [...replies, ...privateReplies].at(-1);
  const count = replies.length === 0 ? "" : `${replies.length} ${replies.length === 1 ? "reply" : "replies"}`;
  const mine = privateReplies.length === 0 ? "" : `${privateReplies.length} only visible to you`;
  return element("button", {
    type: "button",
    class: "thread-link",
    "data-testid": "thread-link",
    "data-action": "thread-link",
    onclick: () => actions.openThread(message.ts),
  }, element("strong", {}, [count, mine].filter(Boolean).join(" · ")),
    element("span", { class: "thread-last" }, `Last reply ${timeOf(last.ts).clock}`));
}

function body(message, context) {
  if (message.files?.length > 0 && !message.text && !message.blocks?.length) return null;
  if (message.blocks?.length > 0) return renderBlocks(message.blocks, context);
  return element("div", { class: "text" }, mrkdwn(message.text ?? "", context.directory));
}

function messageNode(entry, { directory, actions, idPrefix }) {
  const { message } = entry;
  const isApp = Boolean(message.bot);
  const name = directory.personName(message.user);
  const hidden = Boolean(message.ephemeral_for);
  const context = {
    directory,
    idPrefix: `${idPrefix}-${message.ts}`,
    form: null,
    press: (button, node) => actions.press(message, button, node),
  };
  const link = idPrefix === "channel" ? threadLink(entry, actions) : null;
  return element("article", {
    class: hidden ? "message message-ephemeral" : "message",
    "data-testid": hidden ? "ephemeral" : "message",
    "data-ts": message.ts,
    "aria-label": `${name}, ${timeOf(message.ts).clock}${hidden ? ", only visible to you" : ""}`,
    tabindex: "-1",
  }, avatar(message.user, directory),
    element("div", { class: "message-main" },
      hidden && onlyYou(),
      element("div", { class: "message-head" },
        element("span", { class: "author" }, name), isApp && element("span", { class: "badge" }, "APP"), stamp(message.ts)),
      message.command && element("div", { class: "used-command" }, element("code", {}, message.command)),
      body(message, context),
      fileCards(message, actions.viewer()),
      message.edited && element("span", { class: "edited" }, "(edited)"),
      link,
      hidden && dismissButton(() => actions.dismiss(entry.key))));
}

function noticeNode(entry, { actions }) {
  const { notice } = entry;
  return element("article", { class: "message message-ephemeral", "data-testid": "notice", "data-code": notice.code, tabindex: "-1" },
    element("span", { class: "avatar avatar-slackbot", "aria-hidden": "true" }, "♥"),
    element("div", { class: "message-main" },
      onlyYou(),
      element("div", { class: "message-head" }, element("span", { class: "author" }, "Slackbot"), stamp(notice.ts)),
      element("div", { class: "text" }, notice.text,
        notice.code && !notice.text.includes(notice.code) && element("span", {}, " ", element("code", {}, notice.code))),
      dismissButton(() => actions.dismiss(entry.key))));
}

/** What to show, in order, with a line wherever the day changes. */
function withDays(entries) {
  let day = null;
  return entries.flatMap((entry) => {
    const own = timeOf(entry.ts).day;
    if (own === day) return [entry];
    day = own;
    return [{ key: `day ${own}`, signature: own, day: own }, entry];
  });
}

function build(entry, context) {
  if (entry.day) return element("div", { class: "day", role: "separator" }, element("span", {}, entry.day));
  return entry.notice ? noticeNode(entry, context) : messageNode(entry, context);
}

/** Finds what had the focus in a node that is being replaced. */
function refocus(old, fresh) {
  if (!old.contains(document.activeElement)) return null;
  const action = document.activeElement.getAttribute("data-action");
  const same = action ? [...fresh.querySelectorAll("[data-action]")].find((node) => node.getAttribute("data-action") === action) : null;
  return same ?? fresh;
}

/** A container whose children follow a list of entries by key. */
export class MessageList {
  #nodes = new Map();

  /** `idPrefix` is "channel" or "thread"; `scroller` is what scrolls. */
  constructor(container, scroller, idPrefix, actions) {
    Object.assign(this, { container, scroller, idPrefix, actions });
  }

  /** Forgets every node, for another reader. */
  reset() {
    this.#nodes.clear();
    this.container.replaceChildren();
  }

  isAtEnd() {
    return this.scroller.scrollHeight - this.scroller.scrollTop - this.scroller.clientHeight < 60;
  }

  scrollToEnd() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  /** Shows the entries; true when something new arrived below what the person is reading. */
  render(entries, directory, mustFollow) {
    const follow = mustFollow || this.isAtEnd() || this.#nodes.size === 0;
    const context = { directory, actions: this.actions, idPrefix: this.idPrefix };
    const next = new Map();
    let added = false;
    let focus = null;
    let place = this.container.firstChild;
    for (const entry of withDays(entries)) {
      const known = this.#nodes.get(entry.key);
      let node = known?.node;
      if (known?.signature !== entry.signature) {
        node = build(entry, context);
        added ||= known === undefined;
        if (known) {
          focus = refocus(known.node, node) ?? focus;
          if (place === known.node) place = known.node.nextSibling;
          known.node.remove();
        }
      }
      if (node === place) place = place.nextSibling;
      else this.container.insertBefore(node, place);
      next.set(entry.key, { node, signature: entry.signature });
    }
    for (const [key, { node }] of this.#nodes) if (!next.has(key)) node.remove();
    this.#nodes = next;
    focus?.focus({ preventScroll: true });
    if (follow) this.scrollToEnd();
    return added && !follow;
  }
}

/** The entries of a channel: its own messages with their replies counted, and the notices. */
export function channelEntries(messages, notices, dismissed) {
  const visible = messages.map((message) => ({ message, key: `${message.ephemeral_for ? "e" : "m"} ${message.ts}` }))
    .filter(({ key }) => !dismissed.has(key));
  const replies = Map.groupBy(visible.map(({ message }) => message).filter(isReply), (message) => message.thread_ts);
  const own = visible.filter(({ message }) => !isReply(message)).map(({ message, key }) => {
    const all = message.ephemeral_for ? [] : (replies.get(message.ts) ?? []);
    const count = { replies: all.filter((reply) => !reply.ephemeral_for), privateReplies: all.filter((reply) => reply.ephemeral_for) };
    const last = all.at(-1)?.ts ?? "";
    const signature = `${JSON.stringify(message)} ${count.replies.length} ${count.privateReplies.length} ${last}`;
    return { key, ts: message.ts, signature, message, ...count };
  });
  return inOrder([...own, ...noticeEntries(notices, dismissed)]);
}

/** The entries of a thread: its first message and the replies. */
export function threadEntries(messages, threadTs, dismissed) {
  return inOrder(messages
    .filter((message) => (message.ts === threadTs && !message.ephemeral_for) || (isReply(message) && message.thread_ts === threadTs))
    .map((message) => ({ key: `${message.ephemeral_for ? "e" : "m"} ${message.ts}`, ts: message.ts, signature: JSON.stringify(message), message, replies: [], privateReplies: [] }))
    .filter(({ key }) => !dismissed.has(key)));
}

function noticeEntries(notices, dismissed) {
  return notices.map((notice) => ({ key: `n ${notice.ts} ${notice.code}`, ts: notice.ts, signature: notice.text, notice }))
    .filter(({ key }) => !dismissed.has(key));
}

function inOrder(entries) {
  return entries.sort((one, other) => Number.parseFloat(one.ts) - Number.parseFloat(other.ts));
}
