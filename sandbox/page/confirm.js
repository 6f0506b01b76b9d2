// The question a button may want answered before its press is sent (Block Kit's confirm object).

import { element } from "./dom.js";
import { textObject } from "./mrkdwn.js";

/** Asks, and resolves to whether the person went on. Escape and the backdrop mean no. */
export function askConfirmation(confirm, directory) {
  return new Promise((resolve) => {
    const title = element("h2", { id: "confirm-title" }, textObject(confirm.title, directory));
    const text = element("div", { class: "dialog-body text", id: "confirm-text" }, textObject(confirm.text, directory));
    const deny = element("button", { type: "button", class: "button", "data-testid": "confirm-cancel" },
      confirm.deny?.text ?? "Cancel");
    const go = element("button", {
      type: "button",
      class: confirm.style === "danger" ? "button button-danger" : "button button-primary",
      "data-testid": "confirm-ok",
    }, confirm.confirm?.text ?? "Confirm");
    const dialog = element("dialog", {
      class: "dialog dialog-small",
      "data-testid": "confirm",
      "aria-labelledby": "confirm-title",
      "aria-describedby": "confirm-text",
    }, element("header", { class: "dialog-head" }, title), text, element("footer", { class: "dialog-foot" }, deny, go));
    deny.addEventListener("click", () => dialog.close("no"));
    go.addEventListener("click", () => dialog.close("yes"));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
    go.focus();
  });
}
