// Pressing a button or choosing in a menu, wherever it stands: the question first, then the call, and no second
// press while the first is under way.

import { askConfirmation } from "./confirm.js";
import { control } from "./control.js";

/** Presses; `where` names the message or the view. Resolves to whether it was sent, and throws what the API refused. */
export async function press(button, node, directory, where) {
  if (!button.action_id) return false;
  if (button.confirm && !(await askConfirmation(button.confirm, directory))) return false;
  node.setAttribute("aria-busy", "true");
  if ("disabled" in node) node.disabled = true;
  try {
    const { action_id, block_id, value } = button;
    await control.click({ user: directory.viewer, ...where(), action_id, block_id, value });
    return true;
  } finally {
    node.removeAttribute("aria-busy");
    if ("disabled" in node) node.disabled = false;
  }
}
