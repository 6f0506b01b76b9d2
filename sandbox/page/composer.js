// The line one types in. Guarantees that a command is sent once, that a failed one comes back into the line, and
// that what was sent before is an arrow key away. It knows of commands only what the workspace says of them.

import { element } from "./dom.js";

const HISTORY_LENGTH = 50;

/** What one may type next according to a usage hint such as `withdraw <dataset> | show <dataset> | help`. */
export function alternatives(command) {
  const hint = command.usage_hint ?? "";
  return hint.replace(/[[\]]/g, "").split("|").map((part) => part.trim()).filter((part) => /^[a-z]/i.test(part)).map((part) => {
    const literal = /^[a-z-]+(?: [a-z-]+)*(?= |$)/i.exec(part)?.[0] ?? "";
    return { insert: `${command.command} ${literal} `, show: `${command.command} ${part}` };
  });
}

/** The suggestions for a text: whole commands first, then what its hint allows, then what was sent before. */
export function suggestions(text, commands, history) {
  if (!text.startsWith("/")) return [];
  const found = [];
  const add = (insert, show, detail = "") => {
    if (insert !== text && insert.startsWith(text) && !found.some((other) => other.insert === insert)) found.push({ insert, show, detail });
  };
  for (const command of commands) {
    if (!text.includes(" ")) add(`${command.command} `, `${command.command} ${command.usage_hint ?? ""}`, command.description ?? "");
    else for (const { insert, show } of alternatives(command)) add(insert, show);
  }
  for (const sent of [...history].reverse()) add(sent, sent, "sent before");
  return found.slice(0, 8);
}

export class Composer {
  #history = [];
  #place = 0;
  #draft = "";
  #options = [];
  #chosen = -1;
  #storageKey = null;
  #busy = false;

  /** `send(text)` resolves to a word on how it went, or throws with a sentence. `hint` may be missing. */
  constructor({ form, line, list, status, hint, button, send }) {
    Object.assign(this, { form, line, list, status, hint, button, send });
    this.commands = [];
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    line.addEventListener("input", () => this.#changed());
    line.addEventListener("keydown", (event) => this.#key(event));
    line.addEventListener("blur", () => this.#offer([]));
    list.addEventListener("mousedown", (event) => {
      event.preventDefault();
      const option = event.target.closest("[role=option]");
      if (option) this.#take(Number(option.dataset.index));
    });
  }

  /** Whose line this is: history is kept per person, for as long as the window lives. */
  become(user, { commands, placeholder }) {
    this.commands = commands;
    this.line.placeholder = placeholder;
    const storageKey = `${this.line.id} of ${user}`;
    if (this.#storageKey === storageKey) return;
    this.#storageKey = storageKey;
    try {
      this.#history = JSON.parse(sessionStorage.getItem(this.#storageKey) ?? "[]");
    } catch {
      this.#history = [];
    }
    this.#place = this.#history.length;
    this.write("");
    this.#say("");
  }

  write(text) {
    this.line.value = text;
    this.line.setSelectionRange(text.length, text.length);
    this.#grow();
    this.#offer([]);
    this.#showHint();
  }

  focus() {
    this.line.focus();
  }

  #say(text) {
    this.status.textContent = text;
  }

  #grow() {
    this.line.style.height = "auto";
    this.line.style.height = `${Math.min(this.line.scrollHeight, 180)}px`;
    this.button.disabled = this.#busy || this.line.value.trim() === "";
  }

  #showHint() {
    if (!this.hint) return;
    const [word] = this.line.value.split(" ");
    const command = this.line.value.includes(" ") ? this.commands.find((known) => known.command === word) : null;
    this.hint.textContent = command ? `${command.command} ${command.usage_hint ?? ""}` : "";
  }

  #changed() {
    this.#place = this.#history.length;
    this.#grow();
    this.#showHint();
    this.#offer(suggestions(this.line.value, this.commands, this.#history));
  }

  #offer(options) {
    this.#options = options;
    this.#chosen = -1;
    this.list.hidden = options.length === 0;
    this.line.removeAttribute("aria-activedescendant");
    this.list.replaceChildren(...options.map((option, index) =>
      element("li", { role: "option", id: `${this.list.id}-${index}`, "data-index": index, "aria-selected": "false" },
        element("span", { class: "suggestion" }, option.show), element("span", { class: "suggestion-detail" }, option.detail))));
  }

  #choose(step) {
    const count = this.#options.length;
    this.#chosen = (this.#chosen + step + count + (this.#chosen === -1 && step < 0 ? 1 : 0)) % count;
    [...this.list.children].forEach((node, index) => node.setAttribute("aria-selected", String(index === this.#chosen)));
    this.line.setAttribute("aria-activedescendant", `${this.list.id}-${this.#chosen}`);
    this.list.children[this.#chosen].scrollIntoView({ block: "nearest" });
  }

  #take(index) {
    const option = this.#options[index];
    this.write(option.insert);
    if (option.insert.endsWith(" ")) this.#offer(suggestions(option.insert, this.commands, this.#history));
  }

  #browse(step) {
    if (this.#place === this.#history.length) this.#draft = this.line.value;
    const place = Math.min(Math.max(this.#place + step, 0), this.#history.length);
    if (place === this.#place) return;
    this.#place = place;
    this.write(place === this.#history.length ? this.#draft : this.#history[place]);
  }

  #key(event) {
    if (event.isComposing) return;
    const offering = this.#options.length > 0;
    const browsing = this.line.value === "" || this.#place < this.#history.length;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      if (offering && this.#chosen >= 0) this.#take(this.#chosen);
      else this.#submit();
    } else if (event.key === "Tab" && offering && !event.shiftKey) {
      event.preventDefault();
      this.#take(Math.max(this.#chosen, 0));
    } else if (event.key === "Escape" && offering) {
      event.preventDefault();
      this.#offer([]);
    } else if ((event.key === "ArrowUp" || event.key === "ArrowDown") && (offering || browsing)) {
      event.preventDefault();
      const step = event.key === "ArrowUp" ? -1 : 1;
      if (offering && !(browsing && this.line.value === "")) this.#choose(step);
      else this.#browse(step);
    }
  }

  #remember(text) {
    this.#history = [...this.#history.filter((sent) => sent !== text), text].slice(-HISTORY_LENGTH);
    this.#place = this.#history.length;
    sessionStorage.setItem(this.#storageKey, JSON.stringify(this.#history));
  }

  async #submit() {
    const text = this.line.value.trim();
    if (text === "" || this.#busy) return;
    const storageKey = this.#storageKey;
    this.#busy = true;
    this.#remember(text);
    this.write("");
    this.#say(`sending… ${text}`);
    try {
      const outcome = await this.send(text);
      if (this.#storageKey === storageKey) this.#say(outcome);
    } catch (error) {
      if (this.#storageKey === storageKey) {
        this.#say(error.message);
        if (this.line.value === "") this.write(text);
      }
    } finally {
      this.#busy = false;
      this.#grow();
    }
  }
}
