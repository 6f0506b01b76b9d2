// Dates as Slack shows them: a moment in Unix seconds and a format of `{date_…}` and `{time…}` tokens, in the
// zone of whoever reads.

const DAY_MS = 86_400_000;

function show(moment, options) {
  return new Intl.DateTimeFormat("en-GB", options).format(moment);
}

function isSameDay(one, other) {
  return one.toDateString() === other.toDateString();
}

/** "Today", "Yesterday", "Tomorrow", or null where the day is none of them. */
function nearDay(moment, now) {
  if (isSameDay(moment, now)) return "Today";
  if (isSameDay(moment, new Date(now.getTime() - DAY_MS))) return "Yesterday";
  if (isSameDay(moment, new Date(now.getTime() + DAY_MS))) return "Tomorrow";
  return null;
}

function ago(moment, now) {
  const seconds = Math.round((moment.getTime() - now.getTime()) / 1000);
  const relative = new Intl.RelativeTimeFormat("en-GB", { numeric: "auto" });
  for (const [unit, length] of [["day", 86_400], ["hour", 3_600], ["minute", 60]]) {
    if (Math.abs(seconds) >= length) return relative.format(Math.trunc(seconds / length), unit);
  }
  return relative.format(seconds, "second");
}

const LONG = { weekday: "long", day: "numeric", month: "long", year: "numeric" };
const MIDDLE = { day: "numeric", month: "long", year: "numeric" };
const SHORT = { day: "numeric", month: "short", year: "numeric" };
const PLAIN = {
  date_num: { day: "2-digit", month: "2-digit", year: "numeric" },
  date_slash: { day: "2-digit", month: "2-digit", year: "numeric" },
  date: MIDDLE,
  date_short: SHORT,
  date_long: LONG,
  day_divider_pretty: LONG,
  time: { hour: "2-digit", minute: "2-digit" },
  time_secs: { hour: "2-digit", minute: "2-digit", second: "2-digit" },
};
const PRETTY = { date_pretty: MIDDLE, date_short_pretty: SHORT, date_long_pretty: LONG, day_divider_pretty: LONG };

/** The format with its tokens filled in; the fallback where the moment is not one. */
export function formatDate(seconds, format, fallback = "", now = new Date()) {
  const moment = new Date(Number(seconds) * 1000);
  if (!Number.isFinite(moment.getTime())) return fallback;
  return format.replace(/\{([a-z_]+)\}/g, (whole, token) => {
    if (token === "ago") return ago(moment, now);
    if (Object.hasOwn(PRETTY, token)) return nearDay(moment, now) ?? show(moment, PRETTY[token]);
    return Object.hasOwn(PLAIN, token) ? show(moment, PLAIN[token]) : whole;
  });
}

/** What the list and the tooltips need of a message's `ts`. */
export function timeOf(ts) {
  const seconds = Number.parseFloat(ts);
  return {
    iso: Number.isFinite(seconds) ? new Date(seconds * 1000).toISOString() : "",
    clock: formatDate(seconds, "{time}"),
    full: formatDate(seconds, "{date_long} at {time_secs}"),
    day: formatDate(seconds, "{day_divider_pretty}"),
  };
}
