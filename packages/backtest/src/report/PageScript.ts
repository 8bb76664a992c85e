/**
 * The script of a report's page: the theme button, what stands under the pointer of a chart, tables that sort, filter and
 * turn pages, and the CSV of the trades. The page reads whole without it.
 *
 * It takes its data and the options of its number formats from the page's JSON, so that it writes what the page wrote.
 */
export const pageScript = `"use strict";(()=>{
const all=(css,of=document)=>[...of.querySelectorAll(css)],one=(css,of=document)=>of.querySelector(css)
const data=JSON.parse(one("#data").textContent),absent="—"
const formats=Object.fromEntries(Object.entries(data.formats).map(([unit,options])=>[unit,new Intl.NumberFormat("en-US",options)]))
const timeText=us=>{const second=Math.floor(us/1e6),rest=Math.round(us-second*1e6)
return new Date(second*1000).toISOString().slice(0,-5).replace("T"," ")+(rest===0?"":"."+String(rest).padStart(6,"0").replace(/000$/,""))}
const durationText=us=>{if(us===0)return"0 s";const size=Math.abs(us),spans=data.spans,at=spans.findIndex(s=>size>=s[1]),i=at<0?spans.length-1:at,[name,span]=spans[i],sign=us<0?"−":""
if(span<60e6)return sign+Number((size/span).toFixed(1))+" "+name
const whole=Math.floor(size/span),[next,nextSpan]=spans[i+1],rest=Math.floor((size-whole*span)/nextSpan)
return sign+whole+" "+name+(rest===0||span<3600e6?"":" "+rest+" "+next)}
const figure=(value,unit)=>{if(value===null||value===undefined)return absent;if(typeof value==="string")return value
if(unit==="time")return timeText(value);if(unit==="date")return timeText(value).slice(0,10);if(unit==="duration")return durationText(value)
return formats[unit].format(value).replace("-","−")}

const root=document.documentElement,button=one(".theme")
const dark=()=>(root.dataset.theme||(matchMedia("(prefers-color-scheme:dark)").matches?"dark":"light"))==="dark"
const label=()=>{button.textContent=dark()?"Light":"Dark";button.setAttribute("aria-label","Switch to the "+(dark()?"light":"dark")+" theme")}
if(button){button.hidden=false;label();button.addEventListener("click",()=>{root.dataset.theme=dark()?"light":"dark";label()})
matchMedia("(prefers-color-scheme:dark)").addEventListener("change",label)}

for(const chart of all(".chart")){const of=data.charts[chart.dataset.chart];if(!of||of.x.length===0)continue
const plot=one(".plot",chart),cross=one(".cross",chart),tip=one(".tip",chart);let at=-1
const show=i=>{at=Math.max(0,Math.min(of.x.length-1,i));cross.hidden=tip.hidden=false;cross.style.left=of.x[at]*100+"%"
tip.replaceChildren();const head=document.createElement("b");head.textContent=figure(of.heads[at],"time").replace(/ 00:00:00$/,"");tip.append(head)
for(const s of of.series){const row=document.createElement("div"),name=document.createElement("span"),mark=document.createElement("i"),value=document.createElement("b")
mark.className=s.colour;name.append(mark,s.title);value.textContent=figure(s.values[at],s.unit);row.append(name,value);tip.append(row)}
const x=of.x[at]*plot.clientWidth,wide=tip.offsetWidth;tip.style.left=Math.max(0,Math.min(chart.clientWidth-wide,x+wide+16>chart.clientWidth?x-wide-12:x+12))+"px"}
const hide=()=>{cross.hidden=tip.hidden=true;at=-1}
const nearest=share=>{let low=0,high=of.x.length-1;while(low<high){const mid=(low+high)>>1;if(of.x[mid]<share)low=mid+1;else high=mid}
return low>0&&share-of.x[low-1]<of.x[low]-share?low-1:low}
plot.addEventListener("pointermove",e=>{const box=plot.getBoundingClientRect();show(nearest((e.clientX-box.left)/box.width))})
plot.addEventListener("pointerleave",hide);chart.addEventListener("blur",hide)
chart.addEventListener("keydown",e=>{const step=e.shiftKey?Math.max(1,Math.round(of.x.length/20)):1
const to={ArrowLeft:at<0?of.x.length-1:at-step,ArrowRight:at<0?0:at+step,Home:0,End:of.x.length-1}[e.key]
if(e.key==="Escape")hide();else if(to!==undefined){e.preventDefault();show(to)}})}

const isTime=c=>c.unit==="time"||c.unit==="date"
const compare=(a,b)=>a===b?0:a===null||a===undefined?1:b===null||b===undefined?-1:typeof a==="string"?a.localeCompare(b,"en"):a-b
for(const box of all("[data-table]")){const of=data.tables[box.dataset.table];if(!of)continue
for(const c of of.columns)if(c.step){let sum=0;c.values=c.values.map(v=>isTime(c)?(sum+=v*c.step):v*c.step)}
const table=one("table",box),body=one("tbody",table),heads=all("thead th",table),say=one(".said",box)
const count=of.columns[0].values.length,value=(c,row)=>{const v=of.columns[c].values[row];return of.columns[c].names?of.columns[c].names[v]:v}
let order=Array.from({length:count},(_,i)=>i),shown=order,page=0,by=-1,down=false
const draw=()=>{const pages=Math.max(1,Math.ceil(shown.length/of.page));page=Math.max(0,Math.min(pages-1,page))
body.replaceChildren(...shown.slice(page*of.page,(page+1)*of.page).map(row=>{const tr=document.createElement("tr")
of.columns.forEach((column,c)=>{const td=document.createElement("td"),v=value(c,row);td.textContent=figure(v,column.unit)
td.className=column.unit?(isTime(column)?"w":"n"):"";if(column.unit==="profit"&&v!==0)td.classList.add(v<0?"bad":"good");tr.append(td)});return tr}))
say.textContent=shown.length===0?"None match.":(page*of.page+1).toLocaleString("en-US")+"–"+Math.min(shown.length,(page+1)*of.page).toLocaleString("en-US")+" of "+shown.length.toLocaleString("en-US")
one(".back",box).disabled=page===0;one(".next",box).disabled=page>=pages-1}
const pick=()=>{const text=one(".find",box).value.trim().toLowerCase(),only=one(".only",box).value
const texts=of.columns.map((c,i)=>c.unit?undefined:i).filter(i=>i!==undefined),gain=of.columns.findIndex(c=>c.unit==="profit")
shown=order.filter(row=>(text===""||texts.some(c=>String(value(c,row)).toLowerCase().includes(text)))&&(only===""||(only==="won"?value(gain,row)>0:value(gain,row)<0)));page=0;draw()}
heads.forEach((th,c)=>{one("button",th).addEventListener("click",()=>{down=by===c?!down:of.columns[c].unit==="profit";by=c
order=Array.from({length:count},(_,i)=>i).sort((a,b)=>(down?-1:1)*compare(value(c,a),value(c,b))||a-b)
heads.forEach((each,i)=>i===c?each.setAttribute("aria-sort",down?"descending":"ascending"):each.removeAttribute("aria-sort"));pick()})})
one(".find",box).addEventListener("input",pick);one(".only",box).addEventListener("change",pick)
one(".back",box).addEventListener("click",()=>{page--;draw()});one(".next",box).addEventListener("click",()=>{page++;draw()})
one(".csv",box).addEventListener("click",()=>{const cell=v=>{const t=v===null||v===undefined?"":String(v);return/[",\\r\\n]/.test(t)?'"'+t.replaceAll('"','""')+'"':t}
const lines=[of.columns.map(c=>cell(c.key)).join(",")];for(let row=0;row<count;row++)lines.push(of.columns.map((c,i)=>cell(isTime(c)?timeText(value(i,row)).replace(" ","T")+"Z":value(i,row))).join(","))
const link=document.createElement("a");link.download=of.file;link.href=URL.createObjectURL(new Blob([lines.join("\\r\\n")+"\\r\\n"],{type:"text/csv"}));link.click();URL.revokeObjectURL(link.href)})
one(".tools",box).hidden=false;draw()}
addEventListener("beforeprint",()=>all("details").forEach(d=>{d.open=true}))
})()`
