// Files: the input of a modal that takes them, and how they stand in a message.

import { control as api } from "./control.js";
import { element } from "./dom.js";

const LARGEST_FILE = 10 * 1024 * 1024;

async function inHexadecimal(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A file input, which uploads what is chosen at once, as Slack's does, and reads as the list of the files' ids. */
export function fileField(input, id, upload) {
  const endings = input.filetypes ?? [];
  const most = input.max_files ?? 10;
  const accept = endings.length > 0 ? endings.map((ending) => `.${ending}`).join(",") : null;
  const control = element("input", { id, type: "file", accept, multiple: most > 1 });
  const chosen = element("ul", { class: "chosen-files", "aria-live": "polite" });
  let files = [];
  let waiting = 0;
  let trouble = null;
  const show = () => {
    const rows = files.map((file) => element("li", {}, file.name, " ",
      element("button", {
        type: "button",
        class: "text-button",
        "aria-label": `Remove ${file.name}`,
        onclick: () => {
          files = files.filter((other) => other !== file);
          trouble = null;
          show();
          control.focus();
        },
      }, "Remove")));
    // The browser's own words beside the button speak of its last choice, which is emptied at once.
    control.classList.toggle("has-files", rows.length > 0);
    chosen.replaceChildren(...rows, ...(waiting > 0 ? [element("li", {}, "Uploading …")] : []));
  };
  const add = async (file) => {
    if (file.size > LARGEST_FILE) {
      trouble = `${file.name} is larger than 10 MB.`;
      return;
    }
    waiting += 1;
    show();
    try {
      const answer = await upload(file.name, await inHexadecimal(file));
      files = most === 1 ? [answer.file] : [...files, answer.file];
      trouble = null;
    } catch (error) {
      trouble = error.message;
    }
    waiting -= 1;
    show();
  };
  control.addEventListener("change", () => {
    for (const file of [...control.files]) add(file);
    // So that the same file can be chosen again after it was removed.
    control.value = "";
  });
  const isAllowed = (file) => endings.length === 0 || endings.includes(file.name.split(".").at(-1).toLowerCase());
  return {
    node: element("div", { class: "file-field" }, control, chosen),
    control,
    read: () => files.map((file) => file.id),
    write: (ids) => {
      files = files.filter((file) => ids.includes(file.id));
      show();
    },
    isEmpty: () => files.length === 0 && waiting === 0 && trouble === null,
    check: () => {
      if (waiting > 0) return "The file is still being uploaded.";
      if (trouble !== null) {
        // Said once: whoever gives up on the file can send the form without it.
        const said = trouble;
        trouble = null;
        return said;
      }
      if (files.length > most) return `Please attach at most ${most}.`;
      return files.every(isAllowed) ? null : `Please attach a file of this kind: ${endings.join(", ")}.`;
    },
  };
}

function size(bytes) {
  if (bytes < 1000) return `${bytes} bytes`;
  return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** The files of a message, each with a link that saves it; nothing where there are none. */
export function fileCards(message, viewer) {
  if (!message.files?.length) return null;
  return element("ul", { class: "files" }, message.files.map((file) => element("li", { class: "file", "data-testid": "file" },
    element("span", { class: "file-sign", "aria-hidden": "true" }, "📄"),
    element("span", { class: "file-about" },
      element("strong", {}, file.title), element("span", { class: "file-kind" }, `${file.name} · ${file.pretty_type} · ${size(file.size)}`)),
    element("a", { href: api.fileAddress(viewer, file.id), download: file.name, "aria-label": `Download ${file.name}`, "data-testid": "file-download" },
      "Download"))));
}
