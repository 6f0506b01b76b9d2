// The page of the sandbox Slack: one window is one person, named in the address (#U0ALICE). It keeps no truth of
// its own: what is shown is the last answer of the control API, less what this person dismissed.
//
// For tests, the parts carry data-testid:
//   person-<id>, channel-<id>          the side bar; the current one has aria-current="true"
//   message, ephemeral, notice         articles in the channel or thread (data-ts; notice: data-code); inside them
//   button-<action_id>, thread-link, dismiss
//   channel-pane                       the channel with its composer; a thread repeats its first message, so look inside one
//   thread-pane, thread-close          the thread at the right, with reply, reply-send, reply-status
//   composer, send, composer-status, suggestions, help-card, help-toggle, try, newer
//   modal, modal-submit, modal-close, modal-trouble, input-<block_id>, error-<block_id>
//   confirm, confirm-ok, confirm-cancel
//   silence                            shown while the sandbox does not answer

import { Composer } from "./composer.js";
import { control, ControlError, LiveState } from "./control.js";
import { Directory } from "./directory.js";
import { renderHelp } from "./help.js";
import { channelEntries, isReply, MessageList, threadEntries } from "./messages.js";
import { ModalHost } from "./modal.js";
import { press } from "./press.js";
import { renderSidebar } from "./sidebar.js";

const EMPTY = { version: 0, messages: [], modals: [], notices: [] };
const byId = (id) => document.getElementById(id);

const page = {
  directory: new Directory({}, ""),
  workspaceText: "",
  viewer: "",
  channel: "",
  thread: null,
  state: EMPTY,
  known: null,
  ownNotices: [],
  dismissed: new Set(),
  helpWanted: false,
  followUntil: 0,
};

/** How long after one's own act the list stays with what comes in. */
const FOLLOW_MS = 5_000;

/** A line only this window sees, in the voice of Slackbot, below all that is there: the sandbox's clock may be ahead. */
function tell(text, code) {
  const latest = [...page.state.messages, ...page.ownNotices].map((entry) => Number.parseFloat(entry.ts));
  page.ownNotices.push({ ts: (Math.max(Date.now() / 1000, ...latest) + 0.001).toFixed(6), text, code });
  render();
}

async function pressInMessage(message, button, node) {
  try {
    await press(button, node, page.directory, () => {
      page.followUntil = Date.now() + FOLLOW_MS;
      return { channel: message.channel, ts: message.ts };
    });
  } catch (error) {
    tell(error.message, error.code);
  }
}

/** Sends a line from a composer; what Slack itself has to say of a command comes as a notice. */
async function say(text, threadTs) {
  page.followUntil = Date.now() + FOLLOW_MS;
  (threadTs ? threadList : channelList).scrollToEnd();
  try {
    const answer = await control.say(page.viewer, page.channel, text, threadTs);
    const taken = text.startsWith("/") && !answer.timed_out && answer.status < 400;
    return taken ? `Acknowledged in ${answer.ack_ms} ms.` : "";
  } catch (error) {
    if (text.startsWith("/") && error.code !== "unreachable") throw new ControlError(error.code, `Not sent. ${threadTs ? error.message : ""}`);
    throw error;
  }
}

function dismiss(key) {
  page.dismissed.add(key);
  sessionStorage.setItem(`dismissed by ${page.viewer}`, JSON.stringify([...page.dismissed]));
  render();
}

function openThread(ts, focus = true) {
  if (page.thread !== ts) threadList.reset();
  page.thread = ts;
  render();
  threadList.scrollToEnd();
  if (focus) byId("thread-close").focus();
}

function closeThread() {
  const ts = page.thread;
  page.thread = null;
  render();
  const parent = [...byId("messages").children].find((node) => node.dataset.ts === ts);
  (parent?.querySelector("[data-testid=thread-link]") ?? byId("composer-line")).focus();
}

const actions = { press: pressInMessage, dismiss, openThread, viewer: () => page.viewer };
const channelList = new MessageList(byId("messages"), byId("channel-scroller"), "channel", actions);
const threadList = new MessageList(byId("thread-messages"), byId("thread-scroller"), "thread", actions);
const modals = new ModalHost();
const composer = new Composer({
  form: byId("composer-form"),
  line: byId("composer-line"),
  list: byId("suggestions"),
  status: byId("composer-status"),
  hint: byId("composer-hint"),
  button: byId("send"),
  send: (text) => say(text, null),
});
const reply = new Composer({
  form: byId("reply-form"),
  line: byId("reply-line"),
  list: byId("reply-suggestions"),
  status: byId("reply-status"),
  button: byId("reply-send"),
  send: (text) => say(text, page.thread),
});

/** The workspace's channels, and any conversation outside them that messages came in. */
function channels() {
  const known = page.directory.channels();
  const others = new Set(page.state.messages.map((message) => message.channel).filter((id) => !known.some((channel) => channel.id === id)));
  return [...known, ...[...others].map((id) => ({ id, name: page.directory.appName(), isDirect: true }))];
}

function renderThread(messages) {
  const entries = page.thread === null ? [] : threadEntries(messages, page.thread, page.dismissed);
  if (entries.length === 0) page.thread = null;
  byId("thread").hidden = page.thread === null;
  byId("frame").classList.toggle("with-thread", page.thread !== null);
  if (page.thread !== null) threadList.render(entries, page.directory, Date.now() < page.followUntil);
}

function render() {
  const { directory, state } = page;
  const all = channels();
  if (!all.some((channel) => channel.id === page.channel)) page.channel = all[0]?.id ?? "";
  const channel = all.find((known) => known.id === page.channel);
  const name = channel?.name ?? "…";
  const sign = channel?.isDirect ? "" : "#";
  byId("team-name").textContent = directory.workspace.team?.name ?? "Sandbox Slack";
  byId("channel-name").textContent = channel?.isDirect ? name : `# ${name}`;
  byId("channel-members").textContent = channel?.members ? `${channel.members.length} members` : "";
  document.title = `${directory.personName(page.viewer)} in ${sign}${name} | Sandbox Slack`;
  renderSidebar({ channels: byId("channels"), people: byId("people") }, directory, all, page.channel, chooseChannel);

  const messages = state.messages.filter((message) => message.channel === page.channel);
  const entries = channelEntries(messages, [...state.notices, ...page.ownNotices], page.dismissed);
  const follow = Date.now() < page.followUntil;
  const showHelp = page.helpWanted || (page.known !== null && entries.length === 0);
  byId("help").hidden = !showHelp;
  byId("help-toggle").setAttribute("aria-expanded", String(showHelp));
  if (channelList.render(entries, directory, follow)) byId("newer").hidden = false;
  renderThread(messages);
  modals.render(page.viewer, state.modals, directory);
}

function chooseChannel(id) {
  page.channel = id;
  page.thread = null;
  channelList.reset();
  render();
}

/** The thread where something just arrived that only this person sees, or null: in a closed thread it goes unseen. */
function threadOfNews(state) {
  const hidden = state.messages.filter((message) => message.ephemeral_for && isReply(message));
  const fresh = page.known === null ? [] : hidden.filter((message) => !page.known.has(message.ts));
  page.known = new Set(hidden.map((message) => message.ts));
  return fresh.filter((message) => message.channel === page.channel).at(-1)?.thread_ts ?? null;
}

async function refreshWorkspace() {
  const workspace = await control.workspace();
  const text = JSON.stringify(workspace);
  if (text === page.workspaceText && page.directory.viewer === page.viewer) return;
  page.workspaceText = text;
  const people = new Directory(workspace, "").people();
  const wanted = decodeURIComponent(location.hash.slice(1));
  page.viewer = people.some((person) => person.id === wanted) ? wanted : (people[0]?.id ?? "");
  page.directory = new Directory(workspace, page.viewer);
  channelList.reset();
  threadList.reset();
  const command = page.directory.commands()[0]?.command ?? "/ckan";
  composer.become(page.viewer, {
    commands: page.directory.commands(),
    placeholder: `Type ${command} and what you want, as ${page.directory.personName(page.viewer)}`,
  });
  reply.become(page.viewer, { commands: [], placeholder: "Reply" });
  renderHelp(byId("help"), page.directory, (text_) => {
    page.helpWanted = false;
    composer.write(text_);
    composer.focus();
    render();
  });
}

const live = new LiveState({
  onState: async (user, state) => {
    byId("silence").hidden = true;
    await refreshWorkspace().catch(() => undefined);
    if (user !== page.viewer) return;
    page.state = state;
    const news = threadOfNews(state);
    render();
    if (news !== null && news !== page.thread) openThread(news, false);
  },
  onSilence: (error) => {
    byId("silence").textContent = `${error.message} Trying again…`;
    byId("silence").hidden = false;
  },
});

async function become() {
  Object.assign(page, { state: EMPTY, known: null, ownNotices: [], thread: null, helpWanted: false, workspaceText: "" });
  modals.clear();
  byId("newer").hidden = true;
  try {
    await refreshWorkspace();
  } catch (error) {
    byId("silence").textContent = `${error.message} Trying again…`;
    byId("silence").hidden = false;
    setTimeout(become, 1500);
    return;
  }
  try {
    page.dismissed = new Set(JSON.parse(sessionStorage.getItem(`dismissed by ${page.viewer}`) ?? "[]"));
  } catch {
    page.dismissed = new Set();
  }
  render();
  composer.focus();
  live.follow(page.viewer);
}

addEventListener("hashchange", become);
byId("skip-link").addEventListener("click", (event) => {
  event.preventDefault();
  composer.focus();
});
byId("thread-close").addEventListener("click", closeThread);
byId("thread").addEventListener("keydown", (event) => {
  if (event.key === "Escape") closeThread();
});
byId("help-toggle").addEventListener("click", () => {
  page.helpWanted = byId("help").hidden;
  byId("channel-scroller").scrollTop = 0;
  render();
  if (page.helpWanted) byId("channel-scroller").scrollTop = 0;
});
byId("newer").addEventListener("click", () => {
  channelList.scrollToEnd();
  byId("newer").hidden = true;
});
byId("channel-scroller").addEventListener("scroll", () => {
  if (channelList.isAtEnd()) byId("newer").hidden = true;
});

become();
