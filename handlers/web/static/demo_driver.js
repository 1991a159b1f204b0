/* Hands for the demo: they write into the real inputs and press the real buttons of the three phones,
   and go on only when the phone shows what they wait for. Stopping breaks the story at its next wait. */
(function () {
  "use strict";

  var LOOK_EVERY = 120, PATIENCE = 30000;

  function Stopped() { this.stopped = true; }

  function Driver(pace) {
    this.pace = pace || 1;  // quicker than half of this runs into the flood limit of five messages in ten seconds
    this.stopped = false;
    this.paused = false;
  }

  Driver.prototype.stop = function () { this.stopped = true; };

  /* Time that stands still while paused. Rejects once stopped. */
  Driver.prototype.rest = function (milliseconds) {
    var driver = this, left = milliseconds;
    return new Promise(function (resolve, reject) {
      (function tick() {
        if (driver.stopped) { return reject(new Stopped()); }
        if (!driver.paused) {
          if (left <= 0) { return resolve(); }
          left -= LOOK_EVERY;
        }
        setTimeout(tick, Math.min(LOOK_EVERY, Math.max(left, 0) + 10));
      })();
    });
  };

  /* Resolves with what ``look`` finds; rejects when nothing was found for half a minute. */
  Driver.prototype.until = function (what, look) {
    var driver = this, waited = 0;
    return (function again() {
      var found = look();
      if (found) { return Promise.resolve(found); }
      if (waited > PATIENCE) { return Promise.reject(new Error(what)); }
      waited += LOOK_EVERY;
      return driver.rest(LOOK_EVERY).then(again);
    })();
  };

  function inside(role) {
    var page = document.getElementById("frame-" + role).contentDocument;
    return page && page.body && page.body.getAttribute("data-ready") ? page : null;
  }

  Driver.prototype.ready = function (role) {
    return this.until("手机没有打开", function () { return inside(role); });
  };

  /* What the phone showed up to now no longer counts as news for ``sees``. */
  Driver.prototype.mark = function (role) {
    var page = inside(role);
    return page ? page.querySelectorAll(".msg").length : 0;
  };

  Driver.prototype.sees = function (role, words, from) {
    return this.until("没有等到“" + words + "”", function () {
      var page = inside(role);
      if (!page) { return null; }
      return Array.prototype.slice.call(page.querySelectorAll(".msg"), from || 0).filter(function (m) {
        return m.className.indexOf("own") < 0 && m.textContent.indexOf(words) >= 0;
      })[0];
    });
  };

  /* Writes letter by letter and sends; resolves when the server has answered. */
  Driver.prototype.say = function (role, text) {
    var driver = this, page, box;
    return this.ready(role).then(function (found) {
      page = found;
      box = page.getElementById("words");
      box.value = "";
      var letters = Array.from(text);
      return letters.reduce(function (before, letter) {
        return before.then(function () {
          box.value += letter;
          box.dispatchEvent(new Event("input", { bubbles: true }));
          return driver.rest(55 * driver.pace);
        });
      }, Promise.resolve());
    }).then(function () { return driver.tap(page.getElementById("send")); })
      .then(function () { return driver.sent(role); });
  };

  Driver.prototype.sent = function (role) {
    return this.until("没有发出去", function () {
      var page = inside(role);
      return page && !page.querySelector(".waiting") && !page.querySelector(".tray li") && !page.getElementById("words").value;
    });
  };

  Driver.prototype.tap = function (button) {
    var driver = this;
    button.classList.add("hint");
    return driver.rest(700 * driver.pace).then(function () {
      button.classList.remove("hint");
      button.click();
    });
  };

  function open(role, labels) {
    var page = inside(role);
    if (!page) { return null; }
    var buttons = Array.prototype.slice.call(page.querySelectorAll(".choice")).reverse();
    for (var i = 0; i < labels.length; i++) {
      for (var n = 0; n < buttons.length; n++) {
        if (buttons[n].lastChild.textContent === labels[i]) { return buttons[n]; }
      }
    }
    return null;
  }

  /* Presses the newest open button with one of these labels. */
  Driver.prototype.press = function (role, labels) {
    var driver = this;
    return this.until("没有等到“" + labels[0] + "”", function () { return open(role, labels); })
      .then(function (button) { return driver.rest(900 * driver.pace).then(function () { return open(role, labels) || button; }); })
      .then(function (button) { return driver.tap(button); })
      .then(function () { return driver.sent(role); });
  };

  /* The same, where the program may or may not ask. */
  Driver.prototype.pressIfAsked = function (role, labels) {
    return open(role, labels) ? this.press(role, labels) : Promise.resolve();
  };

  /* Puts a picture into the phone's own photo picker and waits until it is up. */
  Driver.prototype.attach = function (role, blob) {
    var driver = this;
    return this.ready(role).then(function (page) {
      var picker = page.getElementById("photos"), hold = new DataTransfer();
      hold.items.add(new File([blob], "photo.jpg", { type: "image/jpeg" }));
      picker.files = hold.files;
      picker.dispatchEvent(new Event("change", { bubbles: true }));
      return driver.until("照片没有传上", function () {
        var bar = page.querySelector(".tray li progress");
        return bar && bar.hidden;
      });
    });
  };

  window.zhuoluoDriver = Driver;
})();
