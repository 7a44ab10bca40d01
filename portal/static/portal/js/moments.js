// Spans of time count on, by the minute and the server's clock; the words of portal/moments.py.
"use strict";
(() => {
  const { now } = window.portal;
  const span = (milliseconds) => {
    const minutes = Math.floor(Math.abs(milliseconds) / 60000);
    const hours = Math.floor(minutes / 60);
    if (minutes < 60) return `${minutes} min`;
    if (hours < 48) return `${hours} h ${String(minutes % 60).padStart(2, "0")}`;
    return `${Math.floor(hours / 24)} d ${hours % 24} h`;
  };
  // How long something has been so: <time datetime="…" data-since>.
  const since = (time) => {
    const words = span(now() - Date.parse(time.dateTime));
    if (time.textContent !== words) time.textContent = words;
  };
  // What is left until a deadline: <time datetime="…" data-due>.
  const due = (time) => {
    const left = Date.parse(time.dateTime) - now();
    const words = `${span(left)} ${left < 0 ? "over" : "left"}`;
    if (time.textContent === words) return;
    time.textContent = words;
    const box = time.closest(".time-left");
    box?.classList.toggle("time-left--red", left < 0);
    box?.classList.toggle("time-left--amber", left >= 0 && left < 14400000);
  };
  setInterval(() => {
    document.querySelectorAll("time[data-since]").forEach(since);
    document.querySelectorAll("time[data-due]").forEach(due);
  }, 60000);
})();
