// The side bar: channels, and the people one can be. A person is a link to `#<id>`, so that another window or tab
// can be another person.

import { element } from "./dom.js";
import { avatar } from "./messages.js";

function channelItem(channel, isCurrent, onChoose) {
  return element("li", {}, element("button", {
    type: "button",
    class: "side-item",
    "aria-current": isCurrent ? "true" : null,
    "data-testid": `channel-${channel.id}`,
    onclick: () => onChoose(channel.id),
  }, element("span", { "aria-hidden": "true" }, channel.isDirect ? "✉ " : "# "), channel.name,
    channel.is_ext_shared && element("span", { class: "side-tag" }, "shared")));
}

function personItem(person, directory) {
  const name = directory.personName(person.id);
  const current = person.id === directory.viewer;
  const role = person.deleted ? "Deactivated" : directory.roleWord(person);
  return element("li", {}, element("a", {
    class: "side-item person",
    href: `#${person.id}`,
    "aria-current": current ? "true" : null,
    "data-testid": `person-${person.id}`,
    "data-role": person.role ?? null,
  }, avatar(person.id, directory),
    element("span", { class: "person-words" }, element("span", { class: "person-name" }, name, current && element("span", { class: "is-you" }, " (you)")),
      element("span", { class: "person-role" }, role))));
}

/** Fills the side bar anew, keeping the focus where it was. */
export function renderSidebar({ channels, people }, directory, channelList, currentChannel, onChannel) {
  const focused = document.activeElement?.getAttribute("data-testid");
  channels.replaceChildren(...channelList.map((channel) => channelItem(channel, channel.id === currentChannel, onChannel)));
  people.replaceChildren(...directory.people().map((person) => personItem(person, directory)));
  for (const node of [...channels.querySelectorAll("button"), ...people.querySelectorAll("a")]) {
    if (focused && node.getAttribute("data-testid") === focused) node.focus();
  }
}
