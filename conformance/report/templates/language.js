(() => {
  "use strict";
  const cf = document.getElementById("cf");
  const remembered = (name, value) => {
    try {
      if (value !== undefined) localStorage.setItem(name, value);
      return localStorage.getItem(name);
    } catch { return null; }
  };

  function speak(language) {
    if (!["en", "ja"].includes(language) || language === cf.lang) return;
    for (const one of [...cf.querySelectorAll("[data-alt]"), ...document.querySelectorAll("head > title[data-alt]")]) {
      [one.textContent, one.dataset.alt] = [one.dataset.alt, one.textContent];
    }
    for (const name of ["title", "aria-label"]) {
      const beside = `data-alt-${name}`;
      for (const one of cf.querySelectorAll(`[${beside}]`)) {
        const shown = one.getAttribute(name);
        one.setAttribute(name, one.getAttribute(beside));
        one.setAttribute(beside, shown);
      }
    }
    cf.lang = document.documentElement.lang = language;
    cf.dispatchEvent(new Event("cf-spoken"));
  }

  cf.classList.add("cf-live");
  for (const one of cf.querySelectorAll(".cf-js")) one.hidden = false;
  document.getElementById("cf-language").addEventListener("click", () => {
    const language = cf.lang === "en" ? "ja" : "en";
    speak(language);
    remembered("conformance-language", language);
  });
  const asked = new URLSearchParams(location.search).get("lang") ?? remembered("conformance-language")
    ?? (cf.dataset.follow && navigator.language.slice(0, 2));
  document.documentElement.lang ||= cf.lang;
  speak(asked);
})();
