// Ages that count on, pages that follow the store, explanations in place. Works with the page's own time, not the
// browser's clock, which may be wrong.
"use strict";
const zh = document.documentElement.lang.startsWith("zh");
const $ = (id) => document.getElementById(id);
let base = Number(document.documentElement.dataset.now) * 1000 - performance.now();

function said(seconds) {
  const [n, unit] = seconds >= 172800 ? [seconds / 86400, zh ? "天" : " d"]
    : seconds >= 7200 ? [seconds / 3600, zh ? "小时" : " h"]
    : seconds >= 120 ? [seconds / 60, zh ? "分钟" : " min"]
    : [seconds, zh ? "秒" : " s"];
  if (seconds < 10) return zh ? "刚刚" : "just now";
  return Math.floor(n) + unit + (zh ? "前" : " ago");
}

function tick() {
  const now = (base + performance.now()) / 1000;
  for (const each of document.querySelectorAll("time[data-at]")) {
    const text = said(now - Number(each.dataset.at));
    if (each.textContent !== text) each.textContent = text;
  }
  const used = held || $("dialog").open || document.activeElement?.closest(".tile.target");
  if (used) turned = performance.now();
  else if (performance.now() - turned >= TURN_MS) step(true);
}

// Tiles of targets beyond those that fit take turns, some seconds each; the style sheet hides only where there is no
// need to scroll and nobody minds motion. One that is reached by keyboard is turned to, and stays while it is used.
const TURN_MS = 10000;
let turn = 0, turned = performance.now(), held = false;

function turning() {
  const group = $("turns");
  if (!group) return null;
  const tiles = [...document.querySelectorAll(".tile.target")];
  const fixed = Number(group.dataset.fixed), n = Number(group.dataset.shown) - fixed, last = tiles.length - n;
  return { group, tiles, fixed, n, last, first: Math.min(Math.max(turn, fixed), last) };
}

function show(from) {
  turn = from;
  const all = turning();
  if (!all) return;
  const { group, tiles, fixed, n, first } = all;
  tiles.forEach((each, i) => each.classList.toggle("off", i >= fixed && (i < first || i >= first + n)));
  const numbers = [first + 1, first + n, tiles.length];
  group.querySelector("span").textContent = group.dataset.text.replace(/{}/g, () => numbers.shift());
  group.querySelector('[data-turn="hold"]').setAttribute("aria-pressed", String(held));
}

function step(on) {
  const all = turning();
  if (!all) return;
  const { fixed, n, last, first } = all;
  turned = performance.now();
  show(on ? (first === last ? fixed : Math.min(first + n, last)) : (first === fixed ? last : Math.max(first - n, fixed)));
}

document.addEventListener("focusin", (event) => {
  const all = event.target.closest(".tile.target.off") && turning();
  if (all) show(all.fixed + Math.floor((all.tiles.indexOf(event.target.closest(".tile")) - all.fixed) / all.n) * all.n);
});

async function load(url) {
  const answer = await fetch(url, { cache: "no-store" });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return [page.getElementById("content"), Number(page.documentElement.dataset.now)];
}

let refreshing = false, again = false;
async function refresh() {
  if (refreshing) { again = true; return; }
  refreshing = true;
  try {
    const [content, now] = await load(location.href);
    if (content) {
      const kept = Array.from(document.querySelectorAll("main details[open] summary"), (each) => each.closest("article")?.id);
      const loaded = document.querySelector("[data-loaded]");
      const { href, turn: button } = $("content").contains(document.activeElement)
        ? { href: document.activeElement.getAttribute("href"), ...document.activeElement.dataset } : {};
      $("content").replaceWith(document.adoptNode(content));
      base = now * 1000 - performance.now();
      if (loaded) document.querySelector("[data-load]")?.replaceWith(loaded);
      kept.forEach((id) => id && $(id)?.querySelector("details")?.setAttribute("open", ""));
      show(turn);
      if (href) $("content").querySelector(`a[href="${CSS.escape(href)}"]`)?.focus({ preventScroll: true });
      if (button) $("content").querySelector(`[data-turn="${button}"]`)?.focus({ preventScroll: true });
      offline(false);
      tick();
    }
  } catch { offline(true); }
  await new Promise((done) => setTimeout(done, 1000));
  refreshing = false;
  if (again) { again = false; refresh(); }
}

function offline(is) { $("offline").hidden = !is; }

// A page where somebody is typing, or that prints figures of a fixed question, is left alone.
const follows = ["/wall", "/plan", "/stations", "/notices"].some((path) => location.pathname.startsWith(path))
  && location.pathname !== "/plan/outlook";
if (follows) {
  const busy = () => ["INPUT", "SELECT", "TEXTAREA"].includes(document.activeElement?.tagName) || $("dialog").open;
  const events = new EventSource("/events");
  // What the page was made from: something may have changed before the first event comes.
  let known = document.documentElement.dataset;
  const hear = (event) => {
    const state = JSON.parse(event.data);
    const changed = ["sequence", "finished", "away"].some((each) => String(known[each]) !== String(state[each]));
    known = state;
    offline(false);
    if (changed && !busy()) refresh();
  };
  events.addEventListener("hello", hear);
  events.addEventListener("changed", hear);
  events.onerror = () => offline(true);
  if (location.pathname === "/wall") setInterval(() => { if (!busy()) refresh(); }, 300000);
}

document.addEventListener("click", async (event) => {
  const link = event.target.closest("a.explain");
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    link.setAttribute("aria-busy", "true");
    try {
      const [content] = await load(link.href);
      $("dialog-content").replaceChildren(...document.adoptNode(content).childNodes);
      $("dialog").showModal();
    } catch { location.href = link.href; }
    link.removeAttribute("aria-busy");
    return;
  }
  const way = event.target.closest("[data-turn]")?.dataset.turn;
  if (way) {
    if (way === "hold") { held = !held; show(turn); } else step(way === "on");
    return;
  }
  const button = event.target.closest("[data-acknowledge]");
  if (button) {
    const form = $("who");
    if (!form.reportValidity()) return;
    const { by, remark, token } = Object.fromEntries(new FormData(form));
    const answer = await fetch(`/api/notices/${button.dataset.acknowledge}/acknowledgement`, {
      method: "POST", headers: { "Content-Type": "application/json", "Qingjing-Token": token },
      body: JSON.stringify({ by, remark }),
    });
    const told = await answer.json();
    $("said").textContent = told.error ?? "✓";
    $("said").className = answer.ok ? "met" : "missed";
    if (answer.ok) { const text = $("said").textContent; await refresh(); $("said").textContent = text; }
  }
});

async function fill() {
  for (const each of document.querySelectorAll("[data-load]")) {
    const wait = each.querySelector("[data-wait]");
    if (wait) wait.textContent = wait.dataset.wait;
    try {
      const [content] = await load(each.dataset.load);
      const blocks = content.querySelector(".blocks");
      blocks.querySelector("h1")?.remove();
      each.dataset.loaded = "";
      each.replaceChildren(...document.adoptNode(blocks).childNodes);
    } catch { offline(true); }
  }
}

const full = $("full");
if (document.documentElement.requestFullscreen) {
  full.hidden = false;
  full.addEventListener("click", () => document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen());
}
setInterval(tick, 1000);
fill();
