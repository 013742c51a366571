/** The panel's style. Colours and radii are the page's properties where it has them (those of web/ui/main.css), else ours. */
export const style = `
:host {
  --_surface: var(--surface, light-dark(#ffffff, #1a1c20)); --_sunken: var(--sunken, light-dark(#efefec, #0d0e10));
  --_line: var(--line, light-dark(#e2e2dd, #2a2d33)); --_edge: var(--edge, light-dark(#84888f, #70767f));
  --_ink: var(--ink, light-dark(#16181b, #eceef1)); --_soft: var(--ink-soft, light-dark(#565b64, #a7adb8));
  --_accent: var(--accent, light-dark(#3350c8, #9db0ff)); --_on-accent: var(--on-accent, light-dark(#ffffff, #10142a));
  --_warn: var(--warn, light-dark(#84520a, #f0bc6a)); --_warn-soft: var(--warn-soft, light-dark(#fbefd9, #352711));
  --_bad: var(--bad, light-dark(#ac2b2b, #ff9a92)); --_quick: 140ms cubic-bezier(.2, .7, .2, 1);
  display: block; container-type: inline-size; font: 400 1rem/1.5 var(--font, system-ui, sans-serif); color: var(--_ink); text-align: start;
}
:host([hidden]) { display: none; }
:host([theme="light"]) { color-scheme: light; }
:host([theme="dark"]) { color-scheme: dark; }
*, ::before, ::after { box-sizing: border-box; }
[hidden] { display: none !important; }
h2, h3, h4, p, ul, fieldset, form { margin: 0; padding: 0; border: 0; }
ul { list-style: none; }
h2 { font-size: 1.125rem; font-weight: 650; letter-spacing: -.012em; }
h3 { font-size: 1rem; font-weight: 650; line-height: 1.25; overflow-wrap: anywhere; unicode-bidi: isolate; }
h4 { font-size: .8125rem; font-weight: 600; color: var(--_soft); overflow-wrap: anywhere; }
code { font-family: var(--mono, ui-monospace, monospace); font-size: .92em; font-weight: 400; color: var(--_soft); overflow-wrap: anywhere; }
.soft { color: var(--_soft); font-size: .875rem; }
.soft:empty, .problem:empty { display: none; }
.reading .soft { display: block; min-height: 1.5em; }
.problem { color: var(--_bad); font-size: .875rem; }
.unseen { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
button, input, summary { font: inherit; color: inherit; }
:focus { outline: none; }
:focus-visible { outline: 2px solid var(--_accent); outline-offset: 2px; }
section { display: grid; gap: 16px; }
section > .unseen { grid-row: 1; }

button, summary.main { display: inline-flex; align-items: center; justify-content: center; min-height: 40px; padding: 8px 16px; border: 1px solid var(--_edge); border-radius: 10px; background: var(--_surface); color: var(--_ink); font-weight: 560; line-height: 1.25; cursor: pointer; touch-action: manipulation; transition: background var(--_quick); }
button:hover, summary.main:hover { background: var(--_sunken); }
button.main { border-color: var(--_accent); background: var(--_accent); color: var(--_on-accent); }
button.small { min-height: 32px; padding: 4px 12px; font-size: .875rem; }
button:disabled { border-color: var(--_line); background: var(--_sunken); color: var(--_soft); cursor: not-allowed; }
input[type="text"] { width: 100%; min-width: 0; min-height: 36px; padding: 4px 10px; border: 1px solid var(--_edge); border-radius: 10px; background: var(--_surface); font-size: .875rem; }
input:disabled { border-color: var(--_line); background: var(--_sunken); color: var(--_soft); }
summary { cursor: pointer; border-radius: 6px; }
.sharing > summary, .inside > summary { width: fit-content; min-height: 28px; padding: 2px 0; color: var(--_soft); font-size: .875rem; }

/* Head, and adding */
.head { display: flex; align-items: center; justify-content: space-between; gap: 12px; }
.add { position: relative; }
.add > summary { list-style: none; }
.add > summary::-webkit-details-marker { display: none; }
.add > summary::before { content: "+"; margin-inline-end: 8px; font-weight: 400; font-size: 1.25em; line-height: .8; }
.menu { position: absolute; z-index: var(--z-panel, 20); inset-inline-end: 0; top: calc(100% + 8px); display: grid; gap: 16px; width: min(320px, 100cqi); padding: 16px; border: 1px solid var(--_line); border-radius: 16px; background: var(--_surface); box-shadow: var(--shadow3, 0 24px 64px rgb(0 0 0 / .3)); }
.choices { display: grid; gap: 8px; }
.choices > button { justify-content: flex-start; }
.why { padding: 8px 12px; border-radius: 10px; background: var(--_sunken); font-size: .875rem; }
.empty { display: grid; justify-items: center; gap: 16px; padding: 40px 24px; border: 1px dashed var(--_edge); border-radius: 16px; color: var(--_soft); text-align: center; }

/* Cards */
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 300px), 1fr)); gap: 16px; align-items: start; }
.card { display: grid; gap: 12px; padding: 20px; border: 1px solid var(--_line); border-radius: 16px; background: var(--_surface); min-width: 0; }
.card[data-reach="none"] { align-content: start; border-style: dashed; background: none; }
.card > header { display: flex; align-items: flex-start; justify-content: space-between; gap: 12px; }
.card > header > div { min-width: 0; }
.body { display: grid; gap: 12px; min-width: 0; }
.reach { flex: none; padding: 2px 10px; border-radius: 999px; background: var(--_warn-soft); color: var(--_warn); font-size: .8125rem; font-weight: 560; }
.face { display: flex; align-items: center; gap: 20px; }
.face > div:last-child { flex: 1; min-width: 0; }
.card:not([data-reach="here"]) .drawing { opacity: .35; filter: grayscale(1); }

/* A lamp */
.lamp { --light: #ffd27a; --glow: .9; flex: none; width: 96px; }
.lamp svg, .heart svg { display: block; width: 100%; overflow: visible; }
.halo { fill: var(--light); opacity: 0; filter: blur(12px); transition: opacity 240ms ease-out; }
.bulb { fill: var(--_sunken); stroke: var(--_edge); stroke-width: 2.5; transition: fill 160ms ease-out; }
.wire, .foot { fill: none; stroke: var(--_edge); stroke-width: 2.5; stroke-linecap: round; stroke-linejoin: round; }
.lamp[data-on="yes"] .halo { opacity: calc(var(--glow) * .85); }
.lamp[data-on="yes"] .bulb { fill: color-mix(in oklab, var(--light) calc(var(--glow) * 100%), var(--_sunken)); }
.lamp[data-on="yes"] .wire { stroke: light-dark(rgb(0 0 0 / .5), rgb(0 0 0 / .6)); }
.controls { display: grid; gap: 12px; justify-items: start; }
.switch { position: relative; width: 60px; min-height: 34px; padding: 0; border-radius: 999px; background: var(--_sunken); }
.switch .knob { position: absolute; inset-inline-start: 4px; top: 50%; width: 24px; height: 24px; border-radius: 50%; background: var(--_edge); transform: translateY(-50%); transition: inset-inline-start var(--_quick), background var(--_quick); }
.switch[aria-checked="true"] { border-color: var(--_accent); background: var(--_accent); }
.switch[aria-checked="true"] .knob { inset-inline-start: 30px; background: var(--_on-accent); }
.switch:disabled { border-color: var(--_edge); background: var(--_sunken); opacity: .6; }
.switch:disabled .knob { background: var(--_edge); }
.tint, .level { display: grid; grid-template-columns: 5.5rem 1fr auto; align-items: center; gap: 8px; width: 100%; color: var(--_soft); font-size: .875rem; }
.level output { min-width: 3.2em; text-align: end; font-variant-numeric: tabular-nums; }
.tint input { width: 44px; height: 32px; padding: 2px; border: 1px solid var(--_edge); border-radius: 8px; background: var(--_surface); cursor: pointer; }
.level { grid-template-columns: 1fr auto; }
.level span { grid-column: 1 / -1; margin-bottom: -8px; }
.level input { width: 100%; min-width: 0; height: 24px; margin: 0; accent-color: var(--_accent); }
:is(.tint, .level) input:disabled { opacity: .5; cursor: not-allowed; }

/* A heart */
.heart { flex: none; width: 72px; }
.heart path { fill: light-dark(#d94a5c, #ff7d8a); transform-origin: 50% 55%; }
.heart[data-beats] path { animation: beat var(--beat, 1s) ease-in-out infinite; }
@keyframes beat { 0%, 60%, 100% { transform: scale(.92); } 20% { transform: scale(1.06); } }
.reading b { font-size: 2.25rem; font-weight: 680; line-height: 1.1; letter-spacing: -.03em; font-variant-numeric: tabular-nums; }
.reading p { color: var(--_soft); font-size: .875rem; }
.reading b { color: var(--_ink); }

/* What it has */
.inside > div { display: grid; gap: 16px; margin-top: 8px; }
.inside section { gap: 4px; }
.inside li { display: grid; grid-template-columns: 1fr auto; gap: 4px 12px; align-items: center; padding: 8px 0; border-top: 1px solid var(--_line); font-size: .875rem; }
.inside .what, .inside .value { min-width: 0; }
.inside .what { overflow-wrap: anywhere; }
.inside .value { grid-area: 2 / 1 / auto / -1; overflow: hidden; white-space: nowrap; text-overflow: ellipsis; min-height: 1.5em; font-family: var(--mono, ui-monospace, monospace); font-size: .8125rem; unicode-bidi: isolate; }
.inside .tools { display: flex; gap: 4px; }
.inside form { grid-column: 1 / -1; display: flex; gap: 4px; }
.lately { color: var(--_soft); font-size: .8125rem; }
.lately :is(summary, li) { min-height: 24px; overflow-wrap: anywhere; }
.lately[data-short] > summary { list-style: none; cursor: default; }
.lately[data-short] > summary::-webkit-details-marker { display: none; }
.lately li { padding-inline-start: 1.1em; }
.lately :is([data-outcome="failed"], [data-outcome="expired"], [data-outcome="refused"]) { color: var(--_bad); }
time { font-variant-numeric: tabular-nums; }

/* Its owner's */
.owner { display: grid; gap: 8px; padding-top: 12px; border-top: 1px solid var(--_line); font-size: .875rem; }
.owner p { overflow-wrap: anywhere; }
.row { display: flex; flex-wrap: wrap; gap: 8px; }
.sharing form { display: grid; gap: 12px; justify-items: start; margin-top: 8px; }
.sharing label:not(.check) { display: grid; gap: 4px; width: 100%; font-size: .8125rem; font-weight: 560; color: var(--_soft); }
.sharing fieldset { display: flex; flex-wrap: wrap; gap: 4px 16px; }
.sharing legend { float: left; margin-inline-end: 16px; padding: 0; color: var(--_soft); font-size: .8125rem; font-weight: 560; line-height: 28px; }
.check { display: inline-flex; align-items: center; gap: 8px; min-height: 28px; }
.check input { width: 18px; height: 18px; margin: 0; accent-color: var(--_accent); }

@container (max-width: 420px) {
  .card { padding: 16px; }
  .face { gap: 16px; }
  .lamp { width: 80px; }
}
@media (prefers-reduced-motion: reduce) {
  *, ::before, ::after { transition: none !important; animation: none !important; }
}
@media (forced-colors: active) {
  .switch[aria-checked="true"] { background: Highlight; }
  .switch .knob { background: ButtonText; }
}
`;
