// The card of an empty channel: three things to try with the bot this sandbox was made for.

import { element } from "./dom.js";

const TO_TRY = [
  ["withdraw road-accidents-2019 --reason \"Publisher asked\" --ticket 51234",
    "Asks for a dataset to be withdrawn. Then be another engineer and press Approve; as anyone else, see how it is refused."],
  ["show road-accidents-2019", "Reads a dataset. Nobody needs to approve that, and only you see the answer."],
  ["withdraw road-accidents-2019", "Leaves out the reason: a form asks for it."],
];

/** Fills the card; `onTry(text)` is told of the one that was chosen. */
export function renderHelp(card, directory, onTry) {
  const command = directory.commands()[0]?.command ?? "/ckan";
  card.replaceChildren(
    element("h3", { id: "help-title" }, "Three things to try"),
    element("ol", {}, TO_TRY.map(([words, why]) => element("li", {},
      element("button", { type: "button", class: "try", "data-testid": "try", title: "Put this in the composer", onclick: () => onTry(`${command} ${words}`) },
        element("code", {}, `${command} ${words}`)),
      element("p", {}, why)))),
    element("p", { class: "help-foot" }, "You choose on the left whose eyes you see with. ", element("code", {}, `${command} help`), " tells what else there is."));
}
