/** How a report looks: dense, on any width from 360 px, in both themes and on paper. */
import { paletteStyle, strokes } from "./Palette.ts"

const curveColours = [...strokes, "good", "bad", "warn"]
  .map(
    (name) =>
      `.curve.${name}{stroke:var(--${name})}.area.${name},.bar.${name}{fill:var(--${name})}i.${name}{background:var(--${name})}`
  )
  .join("")

export const pageStyle = `${paletteStyle}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--ground);color:var(--text);font:14px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;font-variant-numeric:tabular-nums}
main{max-width:76rem;margin:0 auto;padding:1rem}
h1{font-size:1.5rem;line-height:1.2;margin:0;overflow-wrap:anywhere;letter-spacing:-.01em}
h2{font-size:1.05rem;margin:2rem 0 .6rem;padding-bottom:.3rem;border-bottom:1px solid var(--line)}
h3{font-size:.9rem;margin:1rem 0 .4rem}
p{margin:.4rem 0;max-width:60rem;overflow-wrap:anywhere}
a{color:var(--accent)}
code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.92em;overflow-wrap:anywhere}
.dim{color:var(--dim)}.good{color:var(--good)}.bad{color:var(--bad)}.warn{color:var(--warn)}
.top{display:flex;gap:.75rem;align-items:flex-start;justify-content:space-between}
.badge{display:inline-block;font-size:.75rem;font-weight:600;border:1px solid currentColor;border-radius:1rem;padding:.05rem .55rem;color:var(--accent);vertical-align:middle;white-space:nowrap}
.badge.warn{color:var(--warn)}
button,select,input{font:inherit;color:var(--text);background:var(--card);border:1px solid var(--dim);border-radius:.35rem;padding:.3rem .6rem;min-height:2rem;max-width:100%}
button{cursor:pointer}button:disabled{color:var(--dim);border-color:var(--line);cursor:default}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
nav{display:flex;flex-wrap:wrap;gap:.1rem 1rem;margin:1rem 0 0;font-size:.87rem}nav a{padding:.25rem 0}
.facts{display:grid;grid-template-columns:fit-content(16rem) minmax(0,1fr);gap:.15rem .9rem;margin:.8rem 0 0}
.facts dt{color:var(--dim);overflow-wrap:anywhere}.facts dd{margin:0;overflow-wrap:anywhere}
.heads{display:grid;grid-template-columns:repeat(auto-fill,minmax(11.2rem,1fr));gap:1px;background:var(--card);border:1px solid var(--line);border-radius:.5rem;overflow:hidden;margin:1rem 0}
.heads div{box-shadow:0 0 0 1px var(--line);padding:.55rem .75rem;min-width:0}
.heads span{display:block;color:var(--dim);font-size:.78rem}.heads b{font-size:1.2rem;font-weight:600;letter-spacing:-.01em;overflow-wrap:anywhere}.heads b.long{font-size:1rem}
.notice{border:1px solid var(--warn);border-left-width:.4rem;background:var(--warn-ground);border-radius:.4rem;padding:.6rem .9rem;margin:1rem 0}
.notice h2{margin:0 0 .3rem;border:0;padding:0;color:var(--warn)}.notice ul{margin:.2rem 0;padding-left:1.1rem}.notice li{overflow-wrap:anywhere;margin:.2rem 0}
.scroll{overflow-x:auto;max-width:100%;position:relative}
table{border-collapse:collapse;width:100%;font-size:.87rem}
caption{text-align:left;color:var(--dim);padding:.2rem 0}
th,td{text-align:left;padding:.28rem .55rem;border-bottom:1px solid var(--line);vertical-align:baseline}
th{font-weight:600;color:var(--dim);white-space:nowrap}thead th{border-bottom-color:var(--dim)}
td.n,th.n{text-align:right;white-space:nowrap}td.w,td code{white-space:nowrap}td.n small{white-space:normal;display:inline-block;max-width:14rem}
tbody tr:hover td{background:var(--card)}
th button{all:unset;cursor:pointer;padding:.25rem 0;color:var(--dim);font-weight:600}th button:focus-visible{outline:2px solid var(--accent)}
th[aria-sort=ascending] button::after{content:" ▲"}th[aria-sort=descending] button::after{content:" ▼"}
.two{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));gap:0 2rem}.two>*{min-width:0}
.heat td{text-align:right;padding:.3rem .4rem;border:1px solid var(--ground);white-space:nowrap;color:var(--text)}
.heat td.total{font-weight:600}.heat th.n{padding:.3rem .4rem}
td.none{color:var(--dim)}
.share{display:inline-block;height:.6em;background:var(--accent);border-radius:.1em;vertical-align:baseline;min-width:1px}.share.bad{background:var(--bad)}.share.good{background:var(--good)}
figure{margin:.6rem 0 1.2rem}
.chart{position:relative}.plot{position:relative;margin-right:3.6rem;touch-action:pan-y}
.legend{display:flex;flex-wrap:wrap;gap:.1rem 1rem;font-size:.82rem;padding:.35rem 0 .2rem}.legend i{display:inline-block;width:.8rem;height:.2rem;margin-right:.35rem;vertical-align:middle;border-radius:1px}
.key{color:var(--dim)}
.panel{position:relative;border-bottom:1px solid var(--line)}.panel.tall{height:18rem}.panel.middle{height:11rem}.panel.low{height:7rem}
.panel svg{position:absolute;inset:0;width:100%;height:100%;overflow:hidden}
.grid{stroke:var(--line);stroke-width:1;vector-effect:non-scaling-stroke;opacity:.7}.base{stroke:var(--dim);stroke-width:1;vector-effect:non-scaling-stroke}
.curve{fill:none;stroke-width:1.5;vector-effect:non-scaling-stroke;stroke-linejoin:round}.area{opacity:.14;stroke:none}.mark{fill:var(--bad);opacity:.07}
${curveColours}
.y{position:absolute;left:100%;margin-left:.4rem;transform:translateY(-50%);font-size:.74rem;color:var(--dim);white-space:nowrap;line-height:1}
.times{position:relative;height:1.3rem;margin-right:3.6rem;font-size:.74rem;color:var(--dim)}.times span{position:absolute;top:.25rem;transform:translateX(-50%);white-space:nowrap}
.cross{position:absolute;top:1.7rem;bottom:0;width:1px;background:var(--dim);pointer-events:none}
.tip{position:absolute;top:1.6rem;background:var(--card);border:1px solid var(--dim);border-radius:.35rem;padding:.35rem .55rem;font-size:.8rem;pointer-events:none;z-index:2;white-space:nowrap;max-width:100%}
.tip i{display:inline-block;width:.6rem;height:.2rem;margin-right:.35rem;vertical-align:middle}.tip div{display:flex;justify-content:space-between;gap:1rem}.tip b{font-weight:600}i.text{background:var(--text)}
[hidden]{display:none!important}
.tools{display:flex;flex-wrap:wrap;gap:.5rem;align-items:center;margin:.4rem 0}.tools label{display:flex;gap:.35rem;align-items:center;color:var(--dim)}.tools .grow{flex:1}
.funnel{list-style:none;margin:.5rem 0;padding:0}.funnel li{display:grid;grid-template-columns:minmax(7rem,15rem) 5rem minmax(0,1fr);gap:.6rem;align-items:center;padding:.22rem .5rem;border-left:.25rem solid transparent}
.funnel .check{color:var(--dim)}.funnel .check span:first-child{padding-left:1.2rem}.funnel b{text-align:right;font-weight:600}.funnel .blocking{border-left-color:var(--bad);background:var(--card);color:var(--bad)}
.blocked h2{margin:0 0 .3rem;border:0;padding:0;color:var(--bad)}.blocked{margin:1rem 0;border:1px solid var(--bad);border-left-width:.4rem;border-radius:.4rem;padding:.6rem .9rem;background:var(--card)}
.best{color:var(--good);font-weight:600}
.diff td.other{background:var(--warn-ground);color:var(--warn);font-weight:600}
details{border-bottom:1px solid var(--line);padding:.35rem 0}summary{cursor:pointer}
footer{margin:2.5rem 0 1rem;color:var(--dim);font-size:.8rem;overflow-wrap:anywhere}
@media (max-width:40rem){main{padding:.75rem}.minor{display:none}.panel.tall{height:14rem}.plot,.times{margin-right:3rem}.heads{grid-template-columns:repeat(2,minmax(0,1fr))}.facts{grid-template-columns:minmax(0,1fr)}.facts dt{margin-top:.3rem}th,td{padding:.28rem .4rem}tbody th{white-space:normal;min-width:6rem}.funnel li{grid-template-columns:minmax(0,1fr) 4rem 4rem}}
@media (prefers-reduced-motion:no-preference){html{scroll-behavior:smooth}}
@media print{@page{margin:12mm}body{font-size:9pt}main{max-width:none;padding:0}.tools,.theme,.tip,.cross,nav{display:none!important}figure,tr,.heads,.notice,.blocked{break-inside:avoid}h2,h3{break-after:avoid}.scroll{overflow:visible}table{font-size:6.5pt}th,td,.heat td,.heat th.n{padding:.1rem .22rem}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
`
