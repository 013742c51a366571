/**
 * The layer's style. Colours, radii and shadows are the page's properties where it has them (those of web/ui/main.css), else ours. A page keeps its own
 * controls free by --wab-call-top, -right, -bottom and -left, and sizes tiles by --wab-call-tile.
 */
export const style = `
:host {
  --_surface: var(--surface, light-dark(#ffffff, #1a1c20)); --_sunken: var(--sunken, light-dark(#efefec, #0d0e10));
  --_veil: light-dark(rgb(255 255 255 / .86), rgb(26 28 32 / .86));
  --_line: var(--line, light-dark(#e2e2dd, #2a2d33)); --_edge: var(--edge, light-dark(#84888f, #70767f));
  --_ink: var(--ink, light-dark(#16181b, #eceef1)); --_soft: var(--ink-soft, light-dark(#565b64, #a7adb8));
  --_accent: var(--accent, light-dark(#3350c8, #9db0ff)); --_on-accent: var(--on-accent, light-dark(#ffffff, #10142a));
  --_good: light-dark(#1f9d57, #6fd59a); --_warn: var(--warn, light-dark(#84520a, #f0bc6a));
  --_bad: var(--bad, light-dark(#ac2b2b, #ff9a92)); --_bad-soft: var(--bad-soft, light-dark(#fce8e6, #3b1a19));
  --_shadow: 0 1px 3px light-dark(rgb(20 22 30 / .16), rgb(0 0 0 / .5)), 0 8px 24px light-dark(rgb(20 22 30 / .14), rgb(0 0 0 / .4));
  --_tile: var(--wab-call-tile, 208px); --_quick: 140ms cubic-bezier(.2, .7, .2, 1);
  --_top: var(--wab-call-top, 16px); --_right: var(--wab-call-right, 16px); --_bottom: var(--wab-call-bottom, 16px); --_left: var(--wab-call-left, 16px);
  position: fixed; inset: 0; z-index: var(--wab-call-layer, 25); display: block; overflow: clip; pointer-events: none;
  font: 400 .875rem/1.4 var(--font, system-ui, sans-serif); color: var(--_ink); text-align: start;
}
:host([hidden]) { display: none; }
:host([theme="light"]) { color-scheme: light; }
:host([theme="dark"]) { color-scheme: dark; }
*, ::before, ::after { box-sizing: border-box; }
[hidden] { display: none !important; }
button, select { font: inherit; color: inherit; }
:focus { outline: none; }
:focus-visible { outline: 2px solid var(--_accent); outline-offset: 2px; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

.layer { position: absolute; inset: 0; display: grid; grid-template: 1fr / 1fr; padding: var(--_top) calc(var(--_right) + env(safe-area-inset-right)) calc(var(--_bottom) + env(safe-area-inset-bottom)) var(--_left); }
.layer > * { grid-area: 1 / 1; }
/* People stand above the bar, each newcomer on top: nobody moves when somebody comes. A full column goes on in the next one. */
.side { justify-self: end; display: flex; flex-direction: column; justify-content: flex-end; align-items: flex-end; gap: 10px; min-height: 0; width: var(--_tile); }
.dock { display: flex; flex-flow: column-reverse wrap-reverse; align-content: flex-start; gap: 10px; flex: 1 1 0; min-height: 0; width: 100%; margin: 0; padding: 0; list-style: none; }
:host([edge="left"]) .side { justify-self: start; align-items: flex-start; }
:host([edge="left"]) .dock { flex-wrap: wrap; }

/* Tiles */
.tile { --w: var(--_tile); position: relative; flex: none; width: var(--w); aspect-ratio: 16 / 9; border-radius: 14px; background: light-dark(#23262d, #0d0e10); color: #fff; box-shadow: var(--_shadow); pointer-events: auto; cursor: grab; touch-action: none; user-select: none; -webkit-user-select: none; transition: box-shadow var(--_quick), opacity var(--_quick); }
.tile[data-source="screen"] { --w: calc(var(--_tile) * 1.5); }
.tile.free { position: absolute; left: calc(var(--_left) + var(--x, 1) * (100% - var(--_left) - var(--_right) - var(--w))); top: calc(var(--_top) + var(--y, 0) * (100% - var(--_top) - var(--_bottom) - var(--h, 120px))); z-index: 1; }
.tile.big { --w: min(720px, 100vw - var(--_left) - var(--_right)); z-index: 2; }
.tile.held { cursor: grabbing; z-index: 3; opacity: .94; }
.tile > video, .tile > canvas, .tile > .face { position: absolute; inset: 0; width: 100%; height: 100%; border-radius: inherit; object-fit: cover; pointer-events: none; }
.tile[data-source="screen"] > video { object-fit: contain; background: #0d0e10; }
.tile[data-self][data-source="camera"] > :is(video, canvas) { transform: scaleX(-1); }
.tile > .face { display: grid; place-items: center; background: hsl(var(--hue, 220) 34% 30%); font-size: calc(var(--w) * .16); font-weight: 600; letter-spacing: .02em; container-type: size; }
.tile > .face span { font-size: 34cqh; line-height: 1; }
.tile::after { content: ""; position: absolute; inset: 0; border-radius: inherit; box-shadow: inset 0 0 0 1px rgb(255 255 255 / .14); pointer-events: none; transition: box-shadow var(--_quick); }
.tile[data-speaking]::after { box-shadow: inset 0 0 0 3px #6fe3a1; }
.tile > .name { position: absolute; z-index: 1; left: 6px; bottom: 6px; display: flex; align-items: center; gap: 4px; max-width: calc(100% - 12px); padding: 2px 8px; border-radius: 999px; background: rgb(13 14 16 / .72); color: #fff; font-size: .75rem; font-weight: 560; transition: opacity var(--_quick); }
.tile > .name span { overflow: hidden; white-space: nowrap; text-overflow: ellipsis; }
.tile > .name svg { flex: none; width: 14px; height: 14px; color: #ffb3ad; }
.tile > .grip { position: absolute; left: 0; bottom: 0; width: 28px; height: 28px; border: 0; padding: 0; background: none; cursor: nesw-resize; opacity: 0; transform: scaleX(-1); transition: opacity var(--_quick); touch-action: none; }
.tile.west > .grip { left: auto; right: 0; cursor: nwse-resize; transform: none; }
.tile > .grip svg { position: absolute; right: 4px; bottom: 4px; width: 16px; height: 16px; filter: drop-shadow(0 0 2px #000); }
.tile:is(:hover, :focus-visible, .held) > .grip { opacity: .9; }
.tile:hover > .name { left: 6px; }
.tile:not(.west):is(:hover, :focus-visible, .held) > .name { left: 28px; max-width: calc(100% - 34px); }

.layer[data-many] .tile > .face { place-items: start center; padding-top: 6%; }
.layer[data-many="group"] { --_tile: calc(var(--wab-call-tile, 208px) * .76); }
.layer[data-many="crowd"] { --_tile: calc(var(--wab-call-tile, 208px) * .56); }

/* Heads: round, and small */
.layer[data-mode="heads"] .dock { gap: 16px; }
.layer[data-mode="heads"] .tile[data-source="camera"] { --w: calc(var(--_tile) * .54); aspect-ratio: 1; border-radius: 50%; }
.layer[data-mode="heads"] .tile[data-source="camera"].big { --w: 260px; }
.layer[data-mode="heads"] .tile[data-source="camera"] > video { object-position: 50% 30%; }
.layer[data-mode="heads"] .tile[data-source="camera"] > .name { left: 50%; bottom: -6px; transform: translateX(-50%); max-width: 100%; }
.layer[data-mode="heads"] .tile[data-source="camera"] > .grip { left: 6%; bottom: 6%; }

/* Cut out: the app is seen around people, and only their names take the pointer */
.layer[data-mode="cutout"] .tile.cut { background: none; box-shadow: none; pointer-events: none; }
.layer[data-mode="cutout"] .tile.cut::after { box-shadow: none; }
.layer[data-mode="cutout"] .tile.cut > video { opacity: 0; }
.layer[data-mode="cutout"] .tile.cut > canvas { border-radius: 0; filter: drop-shadow(0 2px 6px rgb(0 0 0 / .35)); }
.layer[data-mode="cutout"] .tile.cut > :is(.name, .grip) { pointer-events: auto; }
.layer[data-mode="cutout"] .tile.cut[data-speaking] > .name { background: #14532d; }
.tile:not(.cut) > canvas { display: none; }

/* The bar */
.bar { display: flex; flex: none; align-items: center; justify-content: space-between; gap: 2px; width: var(--_tile); min-width: 208px; padding: 4px; border: 1px solid var(--_line); border-radius: 999px; background: var(--_veil); backdrop-filter: blur(12px) saturate(1.4); box-shadow: var(--_shadow); pointer-events: auto; transition: opacity var(--_quick); }
.bar button { display: grid; place-items: center; flex: none; width: 38px; height: 38px; padding: 0; border: 0; border-radius: 50%; background: none; cursor: pointer; touch-action: manipulation; transition: background var(--_quick); }
.bar button:hover { background: var(--_sunken); }
.bar button svg { width: 21px; height: 21px; }
.bar button[data-off] { background: var(--_bad-soft); color: var(--_bad); }
.bar button[data-on] { background: var(--_accent); color: var(--_on-accent); }
.bar button[data-busy] svg { animation: breathe 1.2s ease-in-out infinite; }
.bar button.leave { background: light-dark(#c03434, #d9534f); color: #fff; }
.bar button.leave:hover { background: light-dark(#9f2525, #c03434); }
.bar .watching { padding: 0 10px; color: var(--_soft); font-weight: 560; white-space: nowrap; }
/* Dimmed, never gone: over an app in a frame the pointer is told to that alone, so that nothing but the bar itself would bring the bar back. */
.layer[data-idle] .bar { opacity: .5; box-shadow: none; }
.layer[data-idle] .tile[data-self] > .name:not(.quiet) { opacity: 0; }
@keyframes breathe { 50% { opacity: .3; } }

/* State, notices, devices */
.state, .note, .panel { flex: none; width: max-content; max-width: min(320px, 100vw - 32px); border: 1px solid var(--_line); background: var(--_veil); backdrop-filter: blur(12px) saturate(1.4); box-shadow: var(--_shadow); pointer-events: auto; }
.state { display: flex; align-items: center; gap: 10px; padding: 6px 14px 6px 12px; border-radius: 18px; color: var(--_soft); font-weight: 560; }
.state::before { content: ""; flex: none; width: 8px; height: 8px; border-radius: 50%; background: var(--_warn); animation: breathe 1.4s ease-in-out infinite; }
.state[data-state="refused"]::before { border-radius: 2px; background: var(--_bad); animation: none; }
.state[data-state="ended"]::before { background: var(--_edge); animation: none; }
.state:empty { display: none; }
.state { place-self: start center; max-width: min(460px, 100vw - 32px); }
.state .act { flex: none; }
.notes { place-self: end; display: grid; justify-items: end; gap: 8px; margin-right: calc(var(--_tile) + 12px); }
.panel { place-self: end; margin-right: calc(var(--_tile) + 12px); }
:host([edge="left"]) .notes { justify-items: start; }
:host([edge="left"]) :is(.notes, .panel) { justify-self: start; margin: 0 0 0 calc(max(var(--_tile), 208px) + 12px); }
.note { display: grid; grid-template-columns: 1fr auto; gap: 6px 8px; padding: 10px 8px 10px 14px; border-radius: 14px; border-left: 3px solid var(--_warn); color: var(--_ink); }
.note p { margin: 0; align-self: center; overflow-wrap: anywhere; }
.note .close { display: grid; place-items: center; width: 28px; height: 28px; padding: 0; border: 0; border-radius: 50%; background: none; cursor: pointer; color: var(--_soft); }
.note .close svg { width: 16px; height: 16px; }
.note .close:hover { background: var(--_sunken); }
.act { justify-self: start; min-height: 32px; padding: 4px 12px; border: 1px solid var(--_edge); border-radius: 10px; background: var(--_surface); color: var(--_ink); font-weight: 560; cursor: pointer; }
.act:hover { background: var(--_sunken); }
.panel { display: grid; gap: 10px; width: 288px; max-height: 70vh; padding: 14px; border-radius: 16px; overflow: auto; background: var(--_surface); }
.panel h2 { margin: 0; font-size: .9375rem; font-weight: 650; }
.panel header { display: flex; align-items: center; justify-content: space-between; }
.panel header button { display: grid; place-items: center; width: 28px; height: 28px; padding: 0; border: 0; border-radius: 50%; background: none; cursor: pointer; color: var(--_soft); }
.panel header svg { width: 16px; height: 16px; }
.panel label { display: grid; gap: 2px; color: var(--_soft); font-size: .8125rem; font-weight: 560; }
.panel label.check { display: flex; align-items: center; gap: 8px; min-height: 28px; color: var(--_ink); font-size: .875rem; font-weight: 400; }
.panel input { width: 18px; height: 18px; margin: 0; accent-color: var(--_accent); }
.panel select { width: 100%; font-weight: 400; min-height: 36px; padding: 4px 8px; border: 1px solid var(--_edge); border-radius: 10px; background: var(--_surface); color: var(--_ink); text-overflow: ellipsis; }
.panel dl { display: grid; grid-template-columns: auto 1fr; gap: 2px 12px; margin: 0; color: var(--_soft); font-size: .8125rem; }
.panel dt, .panel dd { margin: 0; }
kbd { font: inherit; font-weight: 600; color: var(--_ink); white-space: nowrap; }

/* Captions */
.captions { place-self: end center; display: grid; gap: 4px; justify-items: center; max-width: min(640px, 100% - 2 * var(--_tile) - 48px); margin-bottom: 8px; text-align: center; }
.captions p { margin: 0; padding: 4px 12px; border-radius: 10px; background: rgb(13 14 16 / .82); color: #fff; font-size: 1.0625rem; overflow-wrap: anywhere; }
.captions:empty::before { content: "Captions are on. They appear here as soon as somebody sends some."; padding: 4px 12px; border-radius: 10px; background: rgb(13 14 16 / .82); color: #fff; }
.captions b { font-weight: 600; color: #b9c6ff; }

@media (max-width: 640px) {
  :host { --_tile: var(--wab-call-tile, 112px); --_right: var(--wab-call-right, 8px); --_left: var(--wab-call-left, 8px); --_top: var(--wab-call-top, 8px); --_bottom: var(--wab-call-bottom, 12px); }
  .layer { padding-inline: 0; }
  .side, :host([edge]) .side { justify-self: stretch; justify-content: space-between; align-items: stretch; width: auto; max-width: 100vw; gap: 8px; }
  .dock, :host([edge]) .dock { flex: none; flex-flow: row nowrap; gap: 8px; overflow-x: auto; overscroll-behavior-x: contain; scrollbar-width: none; padding: 2px var(--_right) 10px var(--_left); }
  .tile { aspect-ratio: 4 / 3; touch-action: pan-x; border-radius: 12px; }
  .tile[data-source="screen"] { order: -1; aspect-ratio: 16 / 9; --w: calc(var(--_tile) * 1.4); }
  .layer[data-many] { --_tile: calc(var(--wab-call-tile, 112px) * .8); }
  .layer[data-mode="heads"] .tile[data-source="camera"] { --w: calc(var(--_tile) * .68); }
  .bar { align-self: center; width: auto; gap: 6px; margin-top: auto; }
  .bar button { width: 44px; height: 44px; }
  .state { margin-top: 96px; }
  .notes, .panel, :host([edge]) :is(.notes, .panel) { justify-self: center; margin: 0 8px 64px; }
  .notes, :host([edge]) .notes { justify-items: center; }
  .note, .panel { max-width: calc(100vw - 16px); }
  .panel dl { display: none; } /* there is hardly a keyboard */
  .captions { max-width: calc(100vw - 24px); margin-bottom: 72px; }
  .captions p { font-size: .9375rem; }
  .tile > .grip { display: none; }
  .tile:is(:hover, :focus-visible, .held) > .name { left: 6px; max-width: calc(100% - 12px); }
}
@media (prefers-reduced-motion: reduce) {
  *, ::before, ::after { transition: none !important; animation: none !important; }
}
@media (forced-colors: active) {
  .tile, .bar button { border: 1px solid ButtonBorder; }
  .tile[data-speaking] { outline: 3px solid Highlight; }
}
@media print { :host { display: none; } }
`;
