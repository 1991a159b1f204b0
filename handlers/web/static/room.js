/* The screen of the room asks every two seconds what has changed, and says so when it cannot. */
(function () {
  "use strict";
  var live = document.getElementById("live"), stale = document.getElementById("stale");
  var path = live.getAttribute("data-path"), shown = "", failed = 0;

  function ask() {
    var request = new XMLHttpRequest();
    request.open("GET", path);
    request.timeout = 8000;
    request.onload = function () {
      if (request.status !== 200) { return again(); }
      if (request.responseText !== shown) {
        shown = request.responseText;
        live.innerHTML = shown;
      }
      failed = 0;
      stale.hidden = true;
      setTimeout(ask, 2000);
    };
    request.onerror = request.ontimeout = again;
    request.send();
  }

  function again() {
    failed += 1;
    stale.hidden = failed < 3;
    setTimeout(ask, Math.min(2000 * failed, 10000));
  }

  setTimeout(ask, 2000);
})();
