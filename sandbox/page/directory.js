// Who and what the ids in messages stand for, as of the last `GET /control/workspace`, and who is reading.

const ROLE_WORDS = { engineer: "Engineer", guest: "Guest", outsider: "Another company" };

/** Names for ids. An id nobody knows is shown as itself, never hidden. */
export class Directory {
  constructor(workspace, viewer) {
    this.workspace = workspace;
    this.viewer = viewer;
  }

  person(id) {
    return (this.workspace.people ?? []).find((person) => person.id === id) ?? null;
  }

  /** The people one can be: no bots. Those deactivated are listed, and marked. */
  people() {
    return (this.workspace.people ?? []).filter((person) => !person.is_bot);
  }

  isApp(id) {
    const app = this.workspace.app ?? {};
    return id !== undefined && (id === app.bot_user_id || id === app.id || this.person(id)?.is_bot === true);
  }

  personName(id) {
    if (this.isApp(id)) return this.appName();
    const person = this.person(id);
    return person ? person.real_name || person.name || id : id;
  }

  appName() {
    return this.workspace.app?.name || "App";
  }

  roleWord(person) {
    return ROLE_WORDS[person.role] ?? person.role ?? "";
  }

  /** One of eight avatar colours: the first eight people differ. */
  avatarColour(id) {
    return Math.max(this.people().findIndex((person) => person.id === id), 0) % 8;
  }

  channels() {
    return this.workspace.channels ?? [];
  }

  channelName(id) {
    return this.channels().find((channel) => channel.id === id)?.name ?? id;
  }

  groupHandle(id) {
    return (this.workspace.usergroups ?? []).find((group) => group.id === id)?.handle ?? id;
  }

  commands() {
    return this.workspace.commands ?? [];
  }
}

/** Two letters for an avatar. */
export function initials(name) {
  const words = String(name).split(/[\s._-]+/).filter((word) => word !== "");
  const letters = words.length > 1 ? [words[0], words[words.length - 1]] : words;
  return letters.map((word) => [...word][0].toUpperCase()).join("") || "?";
}
