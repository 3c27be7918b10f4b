"use strict";
const state = document.getElementById("state");
const words = document.getElementById("words");
const copy = document.getElementById("copy");
if (copy) {
  copy.hidden = false;
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById("password").textContent);
    copy.textContent = "Copied";
  });
}
async function look() {
  try {
    const answer = await fetch(state.dataset.status, { cache: "no-store" });
    const { connected, hasSignedIn, redirectUrl } = await answer.json();
    if (connected) {
      state.className = "state good";
      words.textContent = "QuickBooks Desktop is connected.";
      setTimeout(() => location.replace(redirectUrl || state.dataset.page), 1500);
      return;
    }
    if (hasSignedIn) words.textContent = "The Web Connector has signed in. QuickBooks may ask you for permission now.";
  } catch {
    // The next look tries again.
  }
  setTimeout(look, 3000);
}
if (state && state.dataset.status) look();
