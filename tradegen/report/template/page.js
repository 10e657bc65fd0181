// Draws the figures, in the colours the reader prefers, at the width there is.
(() => {
  "use strict";
  const root = document.documentElement;
  const twins = JSON.parse(document.getElementById("dark-colours").textContent);
  const colours = new RegExp(Object.keys(twins).join("|"), "g");
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  const plots = [...document.querySelectorAll(".plot")];
  const button = document.getElementById("theme");
  let printing = false;

  const isDark = () => {
    if (printing) return false;
    return root.dataset.theme ? root.dataset.theme === "dark" : prefersDark.matches;
  };

  const colouring = () => (printing ? "paper" : isDark() ? "dark" : "light");

  function draw(plot) {
    const text = document.getElementById(plot.dataset.figure).textContent;
    const figure = JSON.parse(isDark() ? text.replace(colours, (one) => twins[one]) : text);
    figure.layout.width = plot.clientWidth;
    if (printing && figure.layout.height > 240) figure.layout.height *= 0.8;
    plot.style.minHeight = `${figure.layout.height}px`;
    plot.dataset.width = plot.clientWidth;
    Plotly.purge(plot); // margins of another width would be kept
    Plotly.newPlot(plot, figure.data, figure.layout, { displayModeBar: false });
    plot.dataset.drawn = colouring();
  }

  function isStale(plot) {
    return plot.dataset.drawn !== colouring()
      || Number(plot.dataset.width) !== plot.clientWidth;
  }

  // One figure a turn, those in sight first, so that the page answers while it draws.
  let waiting = false;
  function drawInTurns() {
    if (waiting) return;
    waiting = true;
    delete root.dataset.drawn;
    const turn = () => {
      const stale = plots.filter(isStale);
      if (!stale.length) {
        waiting = false;
        root.dataset.drawn = "all";
        return;
      }
      const inSight = stale.find((plot) => {
        const box = plot.getBoundingClientRect();
        return box.bottom > 0 && box.top < innerHeight;
      });
      draw(inSight || stale[0]);
      setTimeout(turn, 0);
    };
    setTimeout(turn, 0);
  }

  function showTheme() {
    const dark = isDark();
    button.textContent = dark ? "Light" : "Dark";
    button.setAttribute("aria-pressed", String(dark));
    button.setAttribute("aria-label", dark ? "Use light colours" : "Use dark colours");
  }

  function retheme() {
    showTheme();
    drawInTurns();
  }

  for (const plot of plots) {
    plot.style.minHeight = `${plot.dataset.height}px`;
  }
  button.hidden = false;
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    retheme();
  });
  prefersDark.addEventListener("change", retheme);

  let resized;
  addEventListener("resize", () => {
    clearTimeout(resized);
    resized = setTimeout(drawInTurns, 120);
  });

  // On paper: light colours, and the width of a page, which the browser does not tell in time.
  function forPaper(on) {
    if (printing === on) return;
    printing = on;
    root.classList.toggle("paper", on);
    if (on) plots.filter(isStale).forEach(draw);
    else drawInTurns();
  }
  addEventListener("beforeprint", () => forPaper(true));
  addEventListener("afterprint", () => forPaper(false));
  matchMedia("print").addEventListener("change", (event) => forPaper(event.matches));

  retheme();
})();
