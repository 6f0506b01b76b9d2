// The modal on top of a person's stack. Guarantees that what was typed survives an update of the view, that
// nothing is sent while a field breaks its own rules, and that focus stays inside until it closes.

import { renderBlocks } from "./blocks.js";
import { control } from "./control.js";
import { element } from "./dom.js";
import { press } from "./press.js";
import { textObject } from "./mrkdwn.js";

const REQUIRED = "Please complete this required field.";
const TROUBLE = "We had some trouble connecting. Try again?";

export class ModalHost {
  #shown = null;
  #gone = new Set();

  /** Shows the last of the modals, or none. */
  render(user, modals, directory) {
    const top = modals.filter((modal) => !this.#gone.has(modal.view_id)).at(-1) ?? null;
    const shown = this.#shown;
    if (top === null) {
      this.clear();
      return;
    }
    if (shown?.user === user && shown.viewId === top.view_id) {
      if (shown.hash !== top.hash) this.#update(top, directory);
      // Errors move the focus, so those already shown are not shown again with every change elsewhere.
      const errors = JSON.stringify(top.errors ?? {});
      if (errors !== shown.errors && errors !== "{}") this.#showErrors(top.errors);
      shown.errors = errors;
      return;
    }
    this.clear();
    this.#open(user, top, directory);
  }

  /** Takes the modal off the page without telling the app. */
  clear() {
    const shown = this.#shown;
    this.#shown = null;
    shown?.dialog.close();
    shown?.dialog.remove();
  }

  #open(user, modal, directory) {
    const dialog = element("dialog", { class: "dialog", "data-testid": "modal", "aria-labelledby": "modal-title" });
    this.#shown = { user, viewId: modal.view_id, hash: modal.hash, dialog, form: [], errors: "{}", busy: false };
    // A second Escape closes a dialog whatever its cancel listener says, so both events lead to the same end.
    dialog.addEventListener("cancel", (event) => {
      if (event.target !== dialog) return;
      event.preventDefault();
      this.#dismiss(modal.view_id);
    });
    dialog.addEventListener("close", () => this.#dismiss(modal.view_id));
    this.#fill(modal, directory);
    document.body.append(dialog);
    dialog.showModal();
    (dialog.querySelector("input, textarea, select") ?? dialog.querySelector("[data-testid=modal-submit], button"))?.focus();
  }

  #update(modal, directory) {
    const shown = this.#shown;
    const focused = document.activeElement?.id ?? "";
    const typed = new Map(shown.form.map((entry) => [`${entry.block_id} ${entry.action_id}`, entry.field.read()]));
    shown.hash = modal.hash;
    this.#fill(modal, directory);
    for (const entry of shown.form) {
      const key = `${entry.block_id} ${entry.action_id}`;
      if (typed.has(key)) entry.field.write(typed.get(key));
    }
    (document.getElementById(focused) ?? shown.dialog.querySelector("button"))?.focus();
  }

  #fill(modal, directory) {
    const shown = this.#shown;
    const { view } = modal;
    shown.form = [];
    const body = renderBlocks(view.blocks ?? [], {
      directory,
      idPrefix: "modal",
      form: shown.form,
      upload: (name, contentHex) => control.upload(shown.user, name, contentHex),
      press: (button, node) => this.#press(shown, button, node, directory),
    });
    // What is being put right is no longer called wrong.
    for (const entry of shown.form) {
      for (const change of ["input", "change"]) entry.field.node.addEventListener(change, () => this.#showError(entry, ""));
    }
    shown.trouble = element("div", { class: "dialog-trouble", role: "alert", hidden: true, "data-testid": "modal-trouble" });
    const close = element("button", { type: "button", class: "button", "data-testid": "modal-close", onclick: () => this.#dismiss(modal.view_id) },
      view.close?.text ?? "Close");
    shown.submit = view.submit
      ? element("button", { type: "submit", class: "button button-primary", "data-testid": "modal-submit" }, view.submit.text)
      : null;
    const form = element("form", { novalidate: true },
      element("header", { class: "dialog-head" },
        element("h2", { id: "modal-title" }, textObject(view.title, directory)),
        element("button", { type: "button", class: "icon-button", "aria-label": "Close", onclick: () => this.#dismiss(modal.view_id) }, "×")),
      element("div", { class: "dialog-body" }, shown.trouble, body),
      element("footer", { class: "dialog-foot" }, close, shown.submit));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit(shown);
    });
    shown.dialog.replaceChildren(form);
  }

  #showError(entry, sentence) {
    entry.error.textContent = sentence;
    entry.error.hidden = sentence === "";
    entry.field.control?.setAttribute("aria-invalid", sentence === "" ? "false" : "true");
  }

  #showErrors(errors) {
    const { form, trouble } = this.#shown;
    const known = new Set(form.map((entry) => entry.block_id));
    let first = null;
    for (const entry of form) {
      const sentence = errors[entry.block_id] ?? "";
      this.#showError(entry, sentence);
      if (sentence && first === null) first = entry.field.control;
    }
    const elsewhere = Object.entries(errors).filter(([block]) => !known.has(block)).map(([, sentence]) => sentence);
    trouble.textContent = elsewhere.join(" ");
    trouble.hidden = elsewhere.length === 0;
    first?.focus();
  }

  #showTrouble(shown, sentence) {
    shown.trouble.textContent = sentence;
    shown.trouble.hidden = false;
  }

  #values(shown) {
    const values = {};
    for (const entry of shown.form) {
      values[entry.block_id] = { ...values[entry.block_id], [entry.action_id]: entry.field.read() };
    }
    return values;
  }

  async #press(shown, button, node, directory) {
    try {
      await press(button, node, directory, () => ({ view_id: shown.viewId, values: this.#values(shown) }));
    } catch (error) {
      this.#showTrouble(shown, error.message);
    }
  }

  #setBusy(shown, busy) {
    shown.busy = busy;
    shown.dialog.setAttribute("aria-busy", String(busy));
    if (shown.submit) shown.submit.disabled = busy;
  }

  async #submit(shown) {
    if (shown.busy) return;
    const errors = {};
    for (const entry of shown.form) {
      const sentence = !entry.optional && entry.field.isEmpty() ? REQUIRED : entry.field.check();
      if (sentence) errors[entry.block_id] = sentence;
    }
    this.#showErrors(errors);
    if (Object.keys(errors).length > 0) return;
    this.#setBusy(shown, true);
    let trouble = null;
    try {
      const answer = await control.submit(shown.user, shown.viewId, this.#values(shown));
      if (this.#shown !== shown) return;
      if (answer.errors && Object.keys(answer.errors).length > 0) {
        shown.errors = JSON.stringify(answer.errors);
        this.#showErrors(answer.errors);
      } else if (answer.timed_out || answer.ok === false || answer.status >= 300) {
        trouble = TROUBLE;
      } else if (!answer.response_action || answer.response_action === "clear") {
        this.#finish(shown);
      }
    } catch (error) {
      if (error.errors) this.#showErrors(error.errors);
      else trouble = error.message;
    }
    if (this.#shown !== shown) return;
    this.#setBusy(shown, false);
    if (trouble !== null) this.#showTrouble(shown, trouble);
  }

  #finish(shown) {
    this.#gone.add(shown.viewId);
    this.clear();
  }

  #dismiss(viewId) {
    const shown = this.#shown;
    if (shown === null || shown.viewId !== viewId) return;
    this.#finish(shown);
    // The modal is closed for the person whether or not the app hears of it.
    control.close(shown.user, viewId).catch((error) => console.warn(error.message));
  }
}
