/* How a conversation looks: bubbles, photos, choices. Knows nothing of the network. */
(function () {
  "use strict";

  function make(tag, className, text) {
    var node = document.createElement(tag);
    if (className) { node.className = className; }
    if (text) { node.textContent = text; }
    return node;
  }

  function moment(iso) {
    var at = new Date(iso), now = new Date();
    var time = at.getHours() + ":" + ("0" + at.getMinutes()).slice(-2);
    if (at.toDateString() === now.toDateString()) { return time; }
    var day = (at.getMonth() + 1) + "月" + at.getDate() + "日 ";
    return (at.getFullYear() === now.getFullYear() ? "" : at.getFullYear() + "年") + day + time;
  }

  /* Only addresses of this very site become links. */
  var sites = [location.origin, document.body.getAttribute("data-site") || location.origin];
  function ours(address) {
    return sites.some(function (site) { return address === site || address.indexOf(site + "/") === 0; });
  }

  /* Not every phone has a letter for the pin: ours is drawn. */
  var PIN = "📍", pin = document.querySelector("#place svg");

  function fill(bubble, text) {
    text.split(/(https?:\/\/[A-Za-z0-9._~:\/?#@!$&*+;=%-]+|📍)/).forEach(function (part) {
      if (part === PIN && pin) {
        bubble.appendChild(pin.cloneNode(true));
      } else if (ours(part)) {
        var link = make("a", "", part);
        link.href = part;
        link.target = "_blank";
        link.rel = "noopener";
        bubble.appendChild(link);
      } else if (part) {
        bubble.appendChild(document.createTextNode(part));
      }
    });
  }

  function View(log, list, empty, down, onPress) {
    this.log = log;
    this.list = list;
    this.empty = empty;
    this.down = down;
    this.onPress = onPress;
    this.rows = [];      // {id, key, own, press, buttons, node, ...} in the order of their ids
    this.pending = {};   // client key -> node of a message that is on its way
    this.presses = {};   // client key -> the button it presses
    var view = this;
    down.addEventListener("click", function () { view.toEnd(); });
    log.addEventListener("scroll", function () { if (view.atEnd()) { down.hidden = true; } });
  }

  View.prototype.atEnd = function () {
    return this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 90;
  };

  View.prototype.toEnd = function () {
    this.log.scrollTop = this.log.scrollHeight;
    this.down.hidden = true;
  };

  View.prototype.last = function () {
    for (var i = this.rows.length - 1; i >= 0; i--) { if (this.rows[i].id) { return this.rows[i].id; } }
    return 0;
  };

  View.prototype.has = function (row) {
    return this.rows.some(function (r) { return row.id ? r.id === row.id : r.key === row.key && r.own === row.own; });
  };

  /* Rows as the server gives them; those already shown are passed over. */
  View.prototype.show = function (rows, quietly) {
    var view = this, follow = quietly || this.atEnd(), changed = false, mine = false;
    rows.forEach(function (row) {
      if (view.has(row)) { return; }
      changed = true;
      mine = mine || row.own;
      view.settle(row.key, row.own);
      row.node = view.draw(row, quietly);
      var next = view.rows.length;
      while (row.id && next > 0 && view.rows[next - 1].id > row.id) { next -= 1; }
      view.list.insertBefore(row.node, next < view.rows.length ? view.rows[next].node : view.firstPending());
      view.rows.splice(next, 0, row);
      if (row.replaces) { view.replace(row); }
    });
    if (!changed) { return; }
    this.refresh();
    if (follow || mine) { this.toEnd(); this.settleAfterPhotos(); } else { this.down.hidden = false; }
  };

  /* A card that goes on: the one before and the press that led here are no longer shown. Their rows are kept, for their
     ids. */
  View.prototype.replace = function (card) {
    this.rows.forEach(function (row) {
      if (row.id === card.replaces || (row.own && row.press && row.key === card.key)) {
        row.gone = true;
        row.node.hidden = true;
      }
    });
  };

  View.prototype.firstPending = function () { return this.list.querySelector(".waiting"); };

  View.prototype.settleAfterPhotos = function () {
    var view = this;
    Array.prototype.forEach.call(this.list.querySelectorAll("img"), function (img) {
      if (!img.complete) { img.addEventListener("load", function () { if (!view.down.hidden) { return; } view.toEnd(); }); }
    });
  };

  View.prototype.settle = function (key, own) {
    if (own && key && this.pending[key]) {
      Array.prototype.forEach.call(this.pending[key].querySelectorAll("img"), function (img) { URL.revokeObjectURL(img.src); });
      this.list.removeChild(this.pending[key]);
      delete this.pending[key];
      delete this.presses[key];
    }
  };

  /* A message of the person's own that the server has not confirmed yet. ``previews``: its photos as the browser has them. */
  View.prototype.await = function (message, previews) {
    var node = this.pending[message.id];
    if (node) { return; }
    node = this.draw({ own: true, text: message.text || message.label || "", photos: message.photos || [], previews: previews, at: "" }, false);
    node.className += " waiting";
    node.appendChild(make("p", "state", "正在发送…"));
    this.pending[message.id] = node;
    if (message.press) { this.presses[message.id] = message.press; }
    this.list.appendChild(node);
    this.refresh();
    this.toEnd();
  };

  View.prototype.state = function (key, words, failed) {
    var node = this.pending[key];
    if (!node) { return; }
    node.querySelector(".state").textContent = words;
    if (this.atEnd()) { this.toEnd(); }
    if (!failed) { return; }
    node.className = "msg own failed";
    delete this.pending[key];
    delete this.presses[key];
    this.refresh();
  };

  View.prototype.draw = function (row, quietly) {
    var node = make("div", "msg" + (row.own ? " own" : "") + (quietly ? "" : " new"));
    node.setAttribute("aria-label", row.own ? "您说" : "回复");
    if (row.text) { var bubble = make("div", "bubble"); fill(bubble, row.text); node.appendChild(bubble); }
    (row.files || []).forEach(function (file) {
      var link = make("a", file.picture ? "chart" : "file", file.picture ? "" : file.name);
      link.href = file.path;
      link.target = "_blank";
      link.rel = "noopener";
      if (file.picture) {
        var drawn = make("img");
        drawn.src = file.path;
        drawn.alt = file.name;
        link.appendChild(drawn);
      } else {
        link.download = file.name;
        link.insertBefore(make("span", "", "下载 "), link.firstChild);
      }
      node.appendChild(link);
    });
    if (row.photos.length) {
      var shots = make("div", "shots");
      row.photos.forEach(function (id, n) {
        var link = make("a", "shot"), img = make("img");
        link.href = img.src = row.previews ? row.previews[n] : "/photo/" + id + ".jpg";
        link.target = "_blank";
        link.rel = "noopener";
        img.alt = (row.own ? "您发的照片" : "照片") + (row.photos.length > 1 ? (n + 1) : "");
        link.appendChild(img);
        shots.appendChild(link);
      });
      node.appendChild(shots);
    }
    return node;
  };

  /* Times between the messages, and which choices are still open: those of the last question,
     and those that name their matter by themselves until one of them was taken. */
  View.prototype.refresh = function () {
    var view = this, rows = this.rows, taken = {}, spoke = Object.keys(this.pending).length > 0, before = null;
    function take(press, n) {
      for (var i = n - 1; i >= 0; i--) {
        if (rows[i].buttons.some(function (b) { return b.data === press; })) { taken[i] = press; return; }
      }
    }
    this.empty.hidden = rows.length > 0 || spoke;
    rows.forEach(function (row, n) {
      if (row.own && row.press) { take(row.press, n); }
      if (row.gone) {
        if (row.when) { view.list.removeChild(row.when); row.when = null; }
        return;
      }
      var gap = !before || new Date(row.at) - new Date(before) > 5 * 60000;
      if (gap && !row.when) { row.when = make("p", "when", moment(row.at)); view.list.insertBefore(row.when, row.node); }
      if (!gap && row.when) { view.list.removeChild(row.when); row.when = null; }
      before = row.at;
    });
    Object.keys(this.presses).forEach(function (key) { take(view.presses[key], rows.length); });
    for (var i = rows.length - 1; i >= 0; i--) {
      if (rows[i].own) { spoke = true; }
      if (rows[i].buttons.length) { this.choices(rows[i], spoke, taken[i]); }
    }
  };

  View.prototype.choices = function (row, spoke, taken) {
    var view = this;
    var form = row.buttons.map(function (b) { return taken === undefined && (b.lasting || !spoke) ? "1" : "0"; }).join("") + "|" + taken;
    if (row.form === form) { return; }
    row.form = form;
    var old = row.node.querySelector(".choices"), box = make("div", "choices"), focused = old && old.contains(document.activeElement);
    var spent = make("p", "spent");
    row.buttons.forEach(function (b, n) {
      if (form.charAt(n) === "0") {
        spent.appendChild(make("span", b.data === taken ? "taken" : "", b.label));
        return;
      }
      var button = make("button", "choice");
      button.type = "button";
      if (row.numbered) { button.appendChild(make("b", "", String(n + 1))); }
      button.appendChild(make("span", "", b.label));
      button.addEventListener("click", function () { view.onPress(b); });
      box.appendChild(button);
    });
    if (spent.firstChild) { spent.setAttribute("aria-label", "当时的选项"); box.appendChild(spent); }
    if (old) { row.node.replaceChild(box, old); } else { row.node.appendChild(box); }
    if (focused) { this.log.focus(); }
  };

  window.zhuoluoView = View;
})();
