// The emoji short codes that bots use, as characters. An unknown code stays as it was written.

const CHARACTERS = {
  "+1": "👍", "-1": "👎", thumbsup: "👍", thumbsdown: "👎", ok_hand: "👌", wave: "👋", raised_hand: "✋", pray: "🙏",
  point_right: "👉", eyes: "👀", bust_in_silhouette: "👤", busts_in_silhouette: "👥", technologist: "🧑‍💻", robot_face: "🤖",
  white_check_mark: "✅", heavy_check_mark: "✔️", ballot_box_with_check: "☑️", x: "❌", negative_squared_cross_mark: "❎",
  no_entry: "⛔", no_entry_sign: "🚫", octagonal_sign: "🛑", warning: "⚠️", rotating_light: "🚨", question: "❓",
  grey_question: "❔", exclamation: "❗", heavy_exclamation_mark: "❗", bangbang: "‼️", information_source: "ℹ️",
  hourglass: "⌛", hourglass_flowing_sand: "⏳", stopwatch: "⏱️", alarm_clock: "⏰", clock1: "🕐", clock3: "🕒",
  timer_clock: "⏲️", calendar: "📅", spiral_calendar_pad: "🗓️", zzz: "💤", snowflake: "❄️", ice_cube: "🧊",
  arrows_counterclockwise: "🔄", arrows_clockwise: "🔃", repeat: "🔁", leftwards_arrow_with_hook: "↩️",
  rewind: "⏪", fast_forward: "⏩", arrow_forward: "▶️", double_vertical_bar: "⏸️", pause_button: "⏸️",
  arrow_right: "➡️", arrow_left: "⬅️", arrow_up: "⬆️", arrow_down: "⬇️", heavy_plus_sign: "➕", heavy_minus_sign: "➖",
  red_circle: "🔴", large_yellow_circle: "🟡", large_orange_circle: "🟠", large_green_circle: "🟢", large_blue_circle: "🔵",
  white_circle: "⚪", black_circle: "⚫", white_square: "◻️", large_orange_diamond: "🔶", small_blue_diamond: "🔹",
  lock: "🔒", unlock: "🔓", closed_lock_with_key: "🔐", key: "🔑", shield: "🛡️", mag: "🔍", link: "🔗", bell: "🔔",
  no_bell: "🔕", speech_balloon: "💬", memo: "📝", pencil: "📝", pencil2: "✏️", clipboard: "📋", bookmark_tabs: "📑",
  page_facing_up: "📄", scroll: "📜", file_folder: "📁", open_file_folder: "📂", card_index_dividers: "🗂️", package: "📦",
  wastebasket: "🗑️", file_cabinet: "🗄️", floppy_disk: "💾", bar_chart: "📊", chart_with_upwards_trend: "📈",
  ticket: "🎫", label: "🏷️", pushpin: "📌", paperclip: "📎", email: "📧", envelope: "✉️", inbox_tray: "📥",
  outbox_tray: "📤", hammer_and_wrench: "🛠️", wrench: "🔧", gear: "⚙️", broom: "🧹", tractor: "🚜", ear_of_rice: "🌾",
  building_construction: "🏗️", construction: "🚧", ghost: "👻", recycle: "♻️", rocket: "🚀", zap: "⚡", bulb: "💡",
  fire: "🔥", boom: "💥", tada: "🎉", sparkles: "✨", see_no_evil: "🙈", slightly_smiling_face: "🙂", thinking_face: "🤔",
  globe_with_meridians: "🌐", earth_africa: "🌍", house: "🏠", new: "🆕", sos: "🆘", hash: "#️⃣", one: "1️⃣", two: "2️⃣", three: "3️⃣",
};

/** The character of a short code without its colons, or null. */
export function emojiCharacter(code) {
  return Object.hasOwn(CHARACTERS, code) ? CHARACTERS[code] : null;
}

/** Plain text with the known short codes replaced; nothing else in it means anything. */
export function withEmoji(text) {
  return String(text).replace(/:([a-z0-9_+-]+):/g, (whole, code) => emojiCharacter(code) ?? whole);
}
