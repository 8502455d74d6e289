// Moments: { ms, day: "2027-01-16", time: "22:00", offset: "+01:00" }, as a clock of some zone shows them; and days.
const moments = (() => {
  "use strict";
  const DAY = 86400000;
  const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
  const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

  const own = (iso) => ({ ms: Date.parse(iso), day: iso.slice(0, 10), time: iso.slice(11, 16), offset: offsetOf(iso) });
  const offsetOf = (iso) => iso.match(/(Z|[+-]\d\d:\d\d)$/)?.[0].replace("Z", "+00:00") ?? "";
  const clocks = new Map();
  function inZone(ms, zone) {
    if (!clocks.has(zone)) {
      const numeric = { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" };
      clocks.set(zone, new Intl.DateTimeFormat("en-US", { timeZone: zone, hourCycle: "h23", ...numeric }));
    }
    const part = Object.fromEntries(clocks.get(zone).formatToParts(ms).map(({ type, value }) => [type, value]));
    const day = `${part.year.padStart(4, "0")}-${part.month}-${part.day}`;
    const time = `${part.hour}:${part.minute}`;
    const minutes = Math.round((Date.parse(`${day}T${time}Z`) - Math.floor(ms / 60000) * 60000) / 60000);
    const size = Math.abs(minutes);
    const two = (number) => String(Math.floor(number)).padStart(2, "0");
    return { ms, day, time, offset: `${minutes < 0 ? "-" : "+"}${two(size / 60)}:${two(size % 60)}` };
  }
  const dayAfter = (day, days = 1) => new Date(Date.parse(`${day}T00:00Z`) + days * DAY).toISOString().slice(0, 10);
  const weekday = (day) => WEEKDAYS[new Date(`${day}T00:00Z`).getUTCDay()];
  const dayText = (day) => `${weekday(day)} ${Number(day.slice(8))} ${MONTHS[Number(day.slice(5, 7)) - 1]} ${Number(day.slice(0, 4))}`;
  const endText = (start, end) => (end.day === start.day ? end.time : `${end.time} ${weekday(end.day)}`);

  return { own, offsetOf, inZone, dayAfter, weekday, dayText, endText };
})();
