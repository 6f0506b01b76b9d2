// The card of an empty channel: some things to try with the bot this sandbox was made for.

import { element } from "./dom.js";

const TO_TRY = [
  ["withdraw road-accidents-2019 --reason \"Publisher asked\" --ticket 51234",
    "Asks for a dataset to be withdrawn. Then be another engineer and press Approve; as anyone else, see how it is refused."],
  ["show road-accidents-2019", "Reads a dataset. Nobody needs to approve that, and only you see the answer."],
  ["withdraw --list", "A form asks for a list of datasets, and why. Their results come as a table and a file, with a way back for all of them."],
  ["index rebuild --reason \"A refresh did not help\"", "Cannot be undone: two engineers have to approve, and each has to type what it is."],
  ["reharvest slow-source --reason \"It was mended\"", "Starts a harvest that its thread follows. While it runs, stop slow-source half-way."],
];

/** Fills the card; `onTry(text)` is told of the one that was chosen. */
export function renderHelp(card, directory, onTry) {
  const command = directory.commands()[0]?.command ?? "/ckan";
  card.replaceChildren(
    element("h3", { id: "help-title" }, "Things to try"),
    element("ol", {}, TO_TRY.map(([words, why]) => element("li", {},
      element("button", { type: "button", class: "try", "data-testid": "try", title: "Put this in the composer", onclick: () => onTry(`${command} ${words}`) },
        element("code", {}, `${command} ${words}`)),
      element("p", {}, why)))),
    element("p", { class: "help-foot" }, "You choose on the left whose eyes you see with. ", element("code", {}, `${command} help`), " tells what else there is."));
}
