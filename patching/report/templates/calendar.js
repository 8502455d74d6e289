// Moves runs and freezes to the days they have in another time zone, hides schedules, and says what comes next.
// The page is whole without it. Nothing is fetched and nothing is stored: what is chosen is in the address's fragment.
(() => {
  "use strict";
  const MOST_IN_A_DAY = 14;
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const one = (selector, root = document) => root.querySelector(selector);
  const make = (tag, text = "", className = "") => Object.assign(document.createElement(tag), { textContent: text, className });

  const { own, offsetOf, inZone, dayAfter, weekday, dayText, endText } = moments;

  const myZone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
  const state = { zone: "own", off: new Set() };
  let stops = []; // the cells of the days with runs, in order
  const shown = (iso) => {
    if (state.zone === "own") return own(iso);
    return inZone(Date.parse(iso), state.zone === "utc" ? "UTC" : myZone);
  };

  const rings = all(".ring").map((row) => ({
    row, key: one(".name", row).textContent, zone: row.dataset.zone, badge: one(".badge", row),
    toggle: one(".toggle", row), next: one(".next", row), now: one(".now", row), runs: [],
  }));
  const cells = new Map(all("td[data-day]").map((cell) => [cell.dataset.day, cell]));
  const months = all(".month").map((section) => ({
    section, name: section.dataset.month, count: one(".count", section),
    link: one(`.months a[href="#m${section.dataset.month}"]`),
    freezes: one(":scope > .freezes", section), notes: one(":scope > .notes", section),
  }));
  const noteTexts = new Map(all(".notes li").map((item) => [item.dataset.note, item.lastChild.textContent.trim()]));
  const runs = all(".run").map((chip) => {
    const [start, end] = all("time", chip);
    const run = { chip, start, end, from: start.dateTime, to: end.dateTime, ring: rings[chip.dataset.r], refs: all(".ref", chip) };
    run.ms = Date.parse(run.from);
    run.endMs = Date.parse(run.to);
    run.ring.runs.push(run);
    return run;
  });
  const runOf = new Map(runs.map((run) => [run.chip, run]));
  for (const ring of rings) ring.runs.sort((one, other) => one.ms - other.ms);
  const inOrder = [...runs].sort((one, other) => one.ms - other.ms);
  const freezes = all("#all-freezes li").map((item) => ({
    item, from: item.dataset.from, to: item.dataset.to, key: item.dataset.key, reason: item.dataset.reason,
    days: one(".days", item), written: one(".days", item).textContent, floats: !offsetOf(item.dataset.from),
  }));
  const rows = all("#list-of-runs tbody tr").map((row) => {
    const [start, end] = all("time", row);
    return { row, start, end, offset: row.cells[2], ring: rings[row.dataset.r] };
  });

  function placeRuns() {
    const placed = runs.map((run) => ({ run, start: shown(run.from), end: shown(run.to) }));
    const order = ({ run, start }) => `${start.day}${start.time}`;
    placed.sort((a, b) => (order(a) < order(b) ? -1 : order(a) > order(b) ? 1 : a.run.chip.dataset.r - b.run.chip.dataset.r));
    const byDay = new Map();
    for (const { run, start, end } of placed) {
      run.day = start.day;
      run.start.textContent = start.time;
      run.end.textContent = endText(start, end);
      for (const ref of run.refs) ref.setAttribute("href", `#n${start.day.slice(0, 7)}-${ref.textContent}`);
      if (!byDay.has(start.day)) byDay.set(start.day, []);
      byDay.get(start.day).push(run.chip);
    }
    for (const [day, cell] of cells) {
      const chips = byDay.get(day) ?? [];
      let list = one("ul", cell);
      if (chips.length && !list) cell.append((list = make("ul")));
      if (chips.length) list.replaceChildren(...chips);
      else list?.remove();
    }
  }

  function placeRows() {
    for (const { row, start, end, offset } of rows) {
      const [begin, finish] = [shown(start.dateTime), shown(end.dateTime)];
      start.textContent = `${weekday(begin.day)} ${begin.day} ${begin.time}`;
      end.textContent = endText(begin, finish);
      offset.textContent = begin.offset;
    }
  }

  function freezeDays(freeze) {
    const local = (iso) => ({ day: iso.slice(0, 10), time: iso.slice(11, 16) });
    const read = freeze.floats || state.zone === "own" ? local : shown;
    const [from, to] = [read(freeze.from), read(freeze.to)];
    const last = to.time === "00:00" && to.day > from.day ? dayAfter(to.day, -1) : to.day;
    return { from, to, last };
  }

  function placeFreezes() {
    for (const cell of cells.values()) {
      cell.classList.remove("frozen");
      for (const label of all(".freeze", cell)) label.remove();
    }
    for (const month of months) month.freezes.replaceChildren();
    for (const freeze of freezes) {
      const { from, to, last } = freezeDays(freeze);
      const moved = `${dayText(from.day)} ${from.time} to ${dayText(to.day)} ${to.time}`;
      freeze.days.textContent = freeze.floats || state.zone === "own" ? freeze.written : moved;
      for (const month of months) {
        if (from.day.slice(0, 7) > month.name || last.slice(0, 7) < month.name) continue;
        const item = make("li");
        item.dataset.freeze = freeze.item.dataset.freeze;
        item.append(make("span", "", "swatch"), freezeText(freeze));
        month.freezes.append(item);
        shadeMonth(month, freeze, from.day, last);
      }
    }
  }

  function freezeText(freeze) {
    const text = make("span");
    const days = make("span", `${freeze.days.textContent}${freeze.floats ? ", wherever a run is" : ""}`, "muted");
    text.append(make("strong", freeze.key), ...(freeze.reason ? [": ", make("bdi", freeze.reason)] : []), " ", days);
    return text;
  }

  function shadeMonth(month, freeze, first, last) {
    for (const cell of all("td[data-day]", month.section)) {
      const day = cell.dataset.day;
      if (day < first || day > last) continue;
      const leads = day === first || day.endsWith("-01") || weekday(day) === "Mon";
      const label = make("p", "", leads ? "freeze leads" : "freeze");
      label.append(make("strong", freeze.key), ...(freeze.reason ? [" ", make("span", freeze.reason)] : []));
      cell.classList.add("frozen");
      (all(".freeze", cell).at(-1) ?? one(".date", cell)).after(label);
    }
  }

  // What is on and off, how many there are, and which days the keyboard stops at.
  function refresh() {
    for (const ring of rings) {
      const off = state.off.has(ring.key);
      ring.row.classList.toggle("off", off);
      ring.toggle.setAttribute("aria-pressed", String(!off));
      for (const run of ring.runs) run.chip.classList.toggle("off", off);
    }
    for (const { row, ring } of rows) row.classList.toggle("off", state.off.has(ring.key));
    for (const month of months) refreshMonth(month);
    stops = [...cells.values()].filter((cell) => one(".run:not(.off)", cell));
    for (const cell of cells.values()) cell.removeAttribute("tabindex");
    const entered = new Set();
    for (const cell of stops) {
      const month = cell.dataset.day.slice(0, 7);
      cell.tabIndex = entered.has(month) ? -1 : 0;
      entered.add(month);
    }
  }

  function refreshMonth({ section, count, link, notes, name }) {
    const visible = all(".run:not(.off)", section);
    count.textContent = `${visible.length || "no"} run${visible.length === 1 ? "" : "s"}`;
    section.classList.toggle("empty", !visible.length);
    if (section.classList.contains("outside")) link.hidden = !visible.length;
    link.classList.toggle("none", !visible.length);
    const numbers = new Set(visible.flatMap((chip) => runOf.get(chip).refs.map((ref) => ref.textContent)));
    notes.replaceChildren(...[...numbers].sort((a, b) => a - b).map((number) => {
      const item = make("li");
      Object.assign(item, { id: `n${name}-${number}`, tabIndex: -1 });
      item.dataset.note = number;
      item.append(make("b", number), ` ${noteTexts.get(number)}`);
      return item;
    }));
    for (const cell of all("td", section)) shorten(cell);
  }

  function shorten(cell) {
    one(".show-more", cell)?.remove();
    const chips = all(".run:not(.off)", cell);
    const hidden = cell.dataset.whole || chips.length <= MOST_IN_A_DAY + 1 ? [] : chips.slice(MOST_IN_A_DAY);
    for (const chip of all(".run.more", cell)) chip.classList.remove("more");
    for (const chip of hidden) chip.classList.add("more");
    if (!hidden.length) return;
    const button = make("button", `+ ${hidden.length} more`, "show-more");
    button.type = "button";
    button.addEventListener("click", () => {
      cell.dataset.whole = "yes";
      shorten(cell);
      cell.focus();
    });
    cell.append(button);
  }

  // The browser's clock: today, and what comes next.
  function inWords(ms) {
    const minutes = Math.round(ms / 60000);
    const [number, unit] = minutes < 60 ? [minutes, "minute"] : minutes < 2880 ? [Math.floor(minutes / 60), "hour"] : [Math.floor(minutes / 1440), "day"];
    return `in ${number} ${unit}${number === 1 ? "" : "s"}`;
  }
  const soon = (run, now) => (run.ms <= now ? `open now, until ${shown(run.to).time}` : inWords(run.ms - now));

  function tell() {
    const now = Date.now();
    for (const ring of rings) tellNext(ring, now);
    const next = inOrder.find((run) => run.endMs > now && !state.off.has(run.ring.key));
    const hero = one("#hero");
    hero.hidden = !next;
    if (next) {
      const at = shown(next.from);
      one("strong", hero).replaceChildren(next.ring.badge.cloneNode(true), make("bdi", next.ring.key), ` ${soon(next, now)}`);
      one(".muted", hero).textContent = `${dayText(at.day)}, ${at.time} UTC${at.offset}`;
    }
    const today = inZone(now, state.zone === "utc" ? "UTC" : myZone).day;
    for (const cell of all("td.today")) cell.classList.remove("today");
    cells.get(today)?.classList.add("today");
  }

  function tellNext(ring, now) {
    const next = ring.runs.find((run) => run.endMs > now);
    if (!ring.runs.length) return;
    if (!next) return ring.next.replaceChildren(make("span", "none after today in this calendar", "muted"));
    const at = shown(next.from);
    ring.next.replaceChildren(
      make("span", "Next: ", "vh"), make("strong", `${dayText(at.day)}, ${at.time}`), " ",
      make("span", `UTC${at.offset}`, "muted"), make("span", ` · ${soon(next, now)}`, "muted soon"),
    );
  }

  function markNow() {
    const { start, end } = document.querySelector(".rings").dataset;
    if (!start) return;
    const share = (Date.now() - Date.parse(start)) / (Date.parse(end) - Date.parse(start));
    if (share >= 0 && share <= 1) for (const ring of rings) ring.now.setAttribute("d", `M${Math.round(share * 1000)} 0v1`);
  }

  // The card beside a run, or beside the day that the keyboard is on.
  const card = one("#card");
  const MOST_IN_A_CARD = 8;
  function describe(run) {
    const box = make("div");
    const title = make("p", "", "title");
    title.append(run.ring.badge.cloneNode(true), make("span", run.ring.key, "name"));
    const times = make("dl");
    const line = (name, start, end) => {
      const ends = end.day === start.day ? end.time : `${weekday(end.day)} ${end.time}`;
      const text = `${dayText(start.day)}, ${start.time}–${ends} (UTC${start.offset})`;
      if (!all("dd", times).some((told) => told.textContent === text)) times.append(make("dt", name), make("dd", text));
    };
    line("Its own", own(run.from), own(run.to));
    line("My zone", inZone(run.ms, myZone), inZone(run.endMs, myZone));
    line("UTC", inZone(run.ms, "UTC"), inZone(run.endMs, "UTC"));
    box.append(title, make("p", run.ring.zone, "muted"), times);
    for (const ref of run.refs) box.append(make("p", noteTexts.get(ref.textContent), "note"));
    return box;
  }
  function show(anchor, shownRuns) {
    card.replaceChildren(...shownRuns.slice(0, MOST_IN_A_CARD).map(describe));
    if (shownRuns.length > MOST_IN_A_CARD) card.append(make("div", `and ${shownRuns.length - MOST_IN_A_CARD} more`, "muted"));
    card.hidden = false;
    anchored = anchor;
    settle();
  }
  let anchored = null;
  function settle() {
    if (card.hidden) return;
    const anchor = anchored;
    const [box, at] = [card.getBoundingClientRect(), anchor.getBoundingClientRect()];
    const right = at.right + 6 + box.width <= innerWidth;
    const left = right ? at.right + 6 : at.left - 6 - box.width;
    card.style.left = `${Math.max(8, left)}px`;
    card.style.top = `${Math.max(8, Math.min(left < 0 ? at.bottom + 6 : at.top, innerHeight - box.height - 8))}px`;
  }
  const visibleRuns = (cell) => all(".run:not(.off)", cell).map((chip) => runOf.get(chip));
  let leaving = 0;
  const hide = () => { card.hidden = true; };
  function pointed(event) {
    const chip = event.target.closest(".run");
    if (chip || card.contains(event.target)) clearTimeout(leaving);
    if (chip) show(chip, [runOf.get(chip)]);
    else if (!card.hidden && !card.contains(event.target)) { clearTimeout(leaving); leaving = setTimeout(hide, 150); }
  }
  function focused(event) {
    const chip = event.target.closest(".run");
    const cell = event.target.closest("td[data-day]");
    if (chip) show(chip, [runOf.get(chip)]);
    else if (cell && event.target === cell && cell.matches(":focus-visible")) show(cell, visibleRuns(cell));
    else hide();
  }

  // Arrow keys, among the days with runs.
  function destination(key, at) {
    const day = stops[at].dataset.day;
    const month = day.slice(0, 7);
    const nearest = (wanted) => stops.findIndex((cell) => cell.dataset.day >= wanted);
    const last = (test) => stops.findLastIndex((cell) => test(cell.dataset.day));
    switch (key) {
      case "ArrowRight": return at + 1;
      case "ArrowLeft": return at - 1;
      case "ArrowDown": return nearest(dayAfter(day, 7));
      case "ArrowUp": return last((other) => other <= dayAfter(day, -7));
      case "Home": return nearest(`${month}-01`);
      case "End": return last((other) => other.slice(0, 7) === month);
      case "PageDown": return nearest(`${month}-32`);
      case "PageUp": {
        const before = last((other) => other < month);
        return before < 0 ? before : nearest(`${stops[before].dataset.day.slice(0, 7)}-01`);
      }
      default: return null;
    }
  }
  function pressed(event) {
    if (event.key === "Escape") return hide();
    const at = stops.indexOf(event.target);
    if (at < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
    const to = destination(event.key, at);
    if (to === null) return;
    event.preventDefault();
    const cell = stops[to];
    if (!cell) return;
    for (const other of all('td[tabindex="0"]', cell.closest(".month"))) other.tabIndex = -1;
    cell.tabIndex = 0;
    cell.focus();
    cell.scrollIntoView({ block: "nearest" });
  }

  // The choice, kept in the address's fragment.
  function remember() {
    const fragment = new URLSearchParams();
    if (state.zone !== "own") fragment.set("zone", state.zone);
    for (const key of state.off) fragment.append("off", key);
    history.replaceState(null, "", fragment.size ? `#${fragment}` : location.pathname + location.search);
  }
  function recall() {
    const fragment = new URLSearchParams(location.hash.slice(1));
    const zone = fragment.get("zone");
    state.zone = ["own", "mine", "utc"].includes(zone) ? zone : "own";
    const keys = new Set(rings.map((ring) => ring.key));
    state.off = new Set(fragment.getAll("off").filter((key) => keys.has(key)));
  }
  function place() {
    placeRuns();
    placeRows();
    placeFreezes();
  }
  let placed = "own";
  const ownZones = one(".zone-fact")?.textContent;
  function draw() {
    hide();
    if (state.zone !== placed) place();
    placed = one("main").dataset.shown = state.zone;
    for (const fact of all(".zone-fact")) fact.textContent = state.zone === "own" ? ownZones : `times in ${state.zone === "utc" ? "UTC" : myZone}`;
    refresh();
    tell();
  }
  function follow(event) {
    const link = event.target.closest?.('a[href^="#"]');
    const target = link && document.getElementById(link.getAttribute("href").slice(1));
    if (!target) return;
    event.preventDefault();
    target.focus({ preventScroll: true });
    target.scrollIntoView({ block: link.classList.contains("ref") ? "center" : "start" });
  }

  one("#my-zone").textContent = ` (${myZone})`;
  one("#zones").disabled = false;
  one("#tools").hidden = rings.length < 2;
  one("#hint").hidden = !runs.length;
  for (const table of all(".month table")) table.setAttribute("role", "grid");
  for (const ring of rings) {
    ring.toggle.disabled = false;
    ring.toggle.addEventListener("click", () => {
      if (!state.off.delete(ring.key)) state.off.add(ring.key);
      remember();
      draw();
    });
  }
  for (const button of all("[data-all]")) {
    button.addEventListener("click", () => {
      state.off = new Set(button.dataset.all === "off" ? rings.map((ring) => ring.key) : []);
      remember();
      draw();
    });
  }
  one("#find")?.addEventListener("input", (event) => {
    const wanted = event.target.value.trim().toLowerCase();
    for (const ring of rings) ring.row.classList.toggle("filtered", !ring.row.textContent.toLowerCase().includes(wanted));
  });
  const choices = all('[name="zone"]');
  for (const choice of choices) {
    choice.addEventListener("change", () => {
      state.zone = choice.value;
      remember();
      draw();
      one("#status").textContent = `Times in ${choice.parentElement.textContent.trim()}`;
    });
  }
  function adopt() {
    recall();
    for (const choice of choices) choice.checked = choice.value === state.zone;
    draw();
  }
  addEventListener("hashchange", () => { if (/zone=|off=/.test(location.hash) || !location.hash) adopt(); });
  document.addEventListener("click", follow);
  document.addEventListener("keydown", pressed);
  document.addEventListener("mouseover", pointed);
  document.addEventListener("focusin", focused);
  addEventListener("scroll", settle, { passive: true });
  setInterval(tell, 60000);
  markNow();
  adopt();
})();
