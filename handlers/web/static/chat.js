/* The conversation with the server: sending, photos, and what comes by itself.
   A message keeps its key until the server confirmed it, over reloads too, so it is neither lost nor doubled. */
(function () {
  "use strict";

  var base = document.body.getAttribute("data-base");
  var since = Number((location.hash.match(/^#after=(\d+)$/) || [])[1] || 0);
  var get = function (id) { return document.getElementById(id); };
  var words = get("words"), tray = get("tray"), picker = get("photos"), banner = get("banner");
  var shelf = "zhuoluo:" + base;
  var queue = load("queue", []), sending = false, pause = 0, timer = null;
  var told = "", cut = "";
  var hint = "";  // stays while there is nothing more pressing to tell
  var uploads = [];  // photos chosen but not sent: {file, id, failed, node, request}
  var view = new window.zhuoluoView(get("log"), get("messages"), get("empty"), get("down"), function (button) {
    enqueue({ press: button.data, label: button.label });
  });

  function load(name, otherwise) {
    try { return JSON.parse(localStorage.getItem(shelf + ":" + name)) || otherwise; } catch (e) { return otherwise; }
  }
  function keep(name, value) {
    try { localStorage.setItem(shelf + ":" + name, JSON.stringify(value)); } catch (e) { /* private window: kept in memory only */ }
  }
  function newKey() {
    var bytes = new Uint8Array(16);
    window.crypto.getRandomValues(bytes);
    return Array.prototype.map.call(bytes, function (b) { return ("0" + b.toString(16)).slice(-2); }).join("");
  }
  function shows() {
    var follow = view.atEnd();
    banner.textContent = cut || told || hint;
    banner.hidden = !banner.textContent;
    if (follow) { view.toEnd(); }
  }
  function tell(text) { told = text; shows(); }
  function net(text) { cut = text; shows(); }  // being connected again takes back nothing else that was told
  function request(path, options) {
    options = options || {};
    options.credentials = "same-origin";
    options.headers = options.headers || {};
    options.headers["X-Zhuoluo"] = "1";
    return fetch(base + path, options);
  }

  /* ---- sending ---- */

  function enqueue(message, previews) {
    message.id = newKey();
    queue.push(message);
    keep("queue", queue);
    view.await(message, previews);
    pause = 0;
    flush();
  }

  function later() {
    pause = Math.min(pause ? pause * 2 : 1000, 20000);
    clearTimeout(timer);
    timer = setTimeout(flush, pause);
  }

  function settled(message) {
    queue = queue.filter(function (m) { return m.id !== message.id; });
    keep("queue", queue);
    pause = 0;
  }

  function flush() {
    if (sending || !queue.length) { return; }
    sending = true;
    var message = queue[0];
    request("/messages", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(message) })
      .then(function (response) {
        if (response.ok) {
          return response.json().then(function (answer) {
            settled(message);
            net(""); tell("");
            view.show(answer.messages);
          });
        }
        if (response.status === 401) { return newVisitor(message); }
        if (response.status === 429 || response.status >= 500) { throw new Error("again"); }
        settled(message);
        view.state(message.id, "没有发出去，请改一改再发。", true);
        if (message.text && !words.value) { words.value = message.text; grow(); }
      })
      .catch(function () {
        view.state(message.id, "还没发出去，正在重试…");
        net("网络不通，正在重新连接。您的话已记下，连上就发。");
        later();
      })
      .then(function () {
        sending = false;
        if (queue.length && !pause) { flush(); }
      });
  }

  /* The cookie ran out, or the browser takes none: opening the page once more gives a new one. */
  var renewals = 0;
  function newVisitor(message) {
    renewals += 1;
    if (renewals > 2) {
      tell("浏览器没有允许本页的 Cookie，发不出去。请允许后重新打开。");
      view.state(message.id, "还没发出去。");
      pause = 20000;
      return later();
    }
    return request("").then(function () { pause = 0; });
  }

  /* ---- photos ---- */

  function choose(files) {
    Array.prototype.slice.call(files, 0, 9 - uploads.length).forEach(function (file) {
      var item = { file: file, id: "", failed: false, node: document.createElement("li") };
      var img = document.createElement("img"), bar = document.createElement("progress"), drop = document.createElement("button");
      img.src = URL.createObjectURL(file);
      img.alt = "要发送的照片";
      bar.max = 1;
      bar.value = 0;
      bar.setAttribute("aria-label", "上传进度");
      drop.type = "button";
      drop.setAttribute("aria-label", "去掉这张照片");
      drop.addEventListener("click", function () { remove(item); });
      [img, bar, drop].forEach(function (n) { item.node.appendChild(n); });
      tray.appendChild(item.node);
      uploads.push(item);
      upload(item, bar, 0);
    });
    tray.hidden = !uploads.length;
    view.toEnd();
  }

  function remove(item) {
    if (item.request) { item.request.abort(); }
    URL.revokeObjectURL(item.node.querySelector("img").src);
    tray.removeChild(item.node);
    uploads = uploads.filter(function (u) { return u !== item; });
    tray.hidden = !uploads.length;
    if (submitting) { submit(); }
  }

  function upload(item, bar, tries) {
    var post = item.request = new XMLHttpRequest();
    var again = function () {
      if (tries >= 4) { return refuse("照片没有传上，请去掉后重新选择。"); }
      setTimeout(function () { if (uploads.indexOf(item) >= 0) { upload(item, bar, tries + 1); } }, 1500 * (tries + 1));
    };
    var refuse = function (text) {
      item.failed = true;
      item.node.className = "bad";
      bar.hidden = true;
      submitting = false;
      tell(text);
    };
    post.open("POST", base + "/photos");
    post.setRequestHeader("X-Zhuoluo", "1");
    post.setRequestHeader("Content-Type", item.file.type || "application/octet-stream");
    post.upload.onprogress = function (e) { if (e.lengthComputable) { bar.value = e.loaded / e.total; } };
    post.onerror = again;
    post.onload = function () {
      if (post.status === 200) {
        item.id = JSON.parse(post.responseText).id;
        item.request = null;
        bar.hidden = true;
        if (submitting) { submit(); }
      } else if (post.status === 413) { refuse("照片太大了，请换一张小一点的。");
      } else if (post.status === 415) { refuse("这个文件不是照片，请换一张。");
      } else if (post.status === 429) { refuse("照片传得太多了，请过一会儿再传。");
      } else if (post.status === 401) { request("").then(again, again);
      } else { again(); }
    };
    post.send(item.file);
  }

  /* ---- composer ---- */

  var submitting = false;  // "send" was pressed while photos were still on their way
  function submit() {
    var text = words.value.trim(), good = uploads.filter(function (u) { return !u.failed; });
    if (!text && !good.length) { submitting = false; return words.focus(); }
    submitting = good.some(function (u) { return !u.id; });
    get("send").textContent = submitting ? "上传中" : "发送";
    if (submitting) { return; }
    var photos = good.map(function (u) { return u.id; });
    var previews = good.map(function (u) { return u.node.querySelector("img").src; });
    words.value = "";
    keep("draft", "");
    grow();
    hint = "";
    tell("");
    uploads.forEach(function (u) { tray.removeChild(u.node); });
    uploads = [];
    tray.hidden = true;
    enqueue({ text: text, photos: photos }, previews);
  }

  function grow() {
    words.style.height = "auto";
    words.style.height = Math.min(words.scrollHeight + 4, 164) + "px";
  }

  get("composer").addEventListener("submit", function (e) { e.preventDefault(); submit(); });
  words.addEventListener("input", function () { grow(); keep("draft", words.value); });
  words.addEventListener("keydown", function (e) {
    if (e.key === "Enter" && !e.shiftKey && !e.isComposing && e.keyCode !== 229) { e.preventDefault(); submit(); }
  });
  words.addEventListener("focus", function () { setTimeout(function () { view.toEnd(); }, 250); });
  picker.addEventListener("change", function () { choose(picker.files); picker.value = ""; });
  window.zhuoluoPlace(get("place"), function (location) { enqueue({ location: location, label: "📍 位置" }); }, tell);
  Array.prototype.forEach.call(document.querySelectorAll(".example"), function (example) {
    example.addEventListener("click", function () {
      words.value = example.textContent;
      keep("draft", words.value);
      grow();
      words.focus();
    });
  });

  /* ---- what comes by itself ---- */

  var source = null, polling = null, silence = null;

  function cursor() { return Math.max(view.last(), since); }

  function catchUp(quietly) {
    return request("/messages?after=" + cursor()).then(function (response) {
      if (!response.ok) { throw new Error("again"); }
      return response.json();
    }).then(function (answer) {
      view.show(answer.messages, quietly);
      if (answer.messages.length >= 200 && (quietly !== true || since)) { return catchUp(quietly); }
    });
  }

  function listen() {
    if (source || document.hidden) { return; }
    if (!window.EventSource) { return poll(3000); }
    source = new EventSource(base + "/events?after=" + cursor());
    source.onopen = function () {
      clearTimeout(silence);
      stopPolling();
      if (!queue.length) { net(""); }
      flush();
    };
    source.onmessage = function (e) { view.show([JSON.parse(e.data)]); };
    source.onerror = function () {
      var refused = source && source.readyState === 2;
      clearTimeout(silence);
      silence = setTimeout(function () {
        if (!document.hidden) { net("正在重新连接…"); }
      }, 4000);
      if (refused) { source = null; poll(3000); setTimeout(listen, 20000); }
    };
  }

  function poll(every) {
    if (polling || document.hidden) { return; }
    polling = setTimeout(function () {
      polling = null;
      catchUp().then(function () {
        clearTimeout(silence);
        if (!queue.length) { net(""); }
        if (!source || source.readyState !== 1) { poll(3000); }
      }, function () { net("正在重新连接…"); poll(Math.min(every * 2, 15000)); });
    }, every);
  }
  function stopPolling() { clearTimeout(polling); polling = null; }

  function rest() {
    if (source) { source.close(); source = null; }
    clearTimeout(silence);
    stopPolling();
  }

  function wake() {
    catchUp().catch(function () { });
    listen();
    pause = 0;
    flush();
  }

  /* A hidden page gives its connection back: browsers allow only six to one address. */
  document.addEventListener("visibilitychange", function () { if (document.hidden) { rest(); } else { wake(); } });
  window.addEventListener("online", wake);
  window.addEventListener("offline", function () { net("手机没有网络。您可以先写，连上就发。"); });
  window.addEventListener("pagehide", rest);
  window.addEventListener("pageshow", function (e) { if (e.persisted) { wake(); } });

  /* The link or QR code of an invitation, or of a meeting's room: the code stands ready, is never sent by itself, and
     leaves the address bar. It travels behind the # so that it reaches no log on the way. */
  var arrived = (location.hash.match(/^#checkin=QD([0-9]{6})$/i) || [])[1];
  var invited = arrived ? "签到 " + arrived : (location.hash.match(/^#invite=(ZL[0-9A-Z]+)$/i) || [])[1];
  words.value = invited || load("draft", "");
  if (invited) {
    history.replaceState(null, "", location.pathname);
    hint = arrived ? "签到码已经填好，点“发送”就行。" : "邀请码已经填好，点“发送”就行。";
    tell("");
  }
  grow();
  view.refresh();
  queue.forEach(function (m) { view.await(m); });
  catchUp(true).catch(function () { net("正在重新连接…"); }).then(function () {
    document.body.setAttribute("data-ready", "1");
    listen();
    flush();
  });
})();
