/* The three phones, and the sample story played on them. */
(function () {
  "use strict";

  var roles = ["resident", "steward", "secretary"];
  var names = { resident: "居民", steward: "红管家", secretary: "网格书记" };
  var get = function (id) { return document.getElementById(id); };
  var play = get("play"), pause = get("pause"), restart = get("restart"), story = get("story"), phones = get("phones");
  var welcome = story.textContent, driver = null, starting = null;

  /* ---- phones ---- */

  function stored(value) {
    try {
      if (value === undefined) { return JSON.parse(sessionStorage.getItem("zhuoluo:demo")); }
      sessionStorage.setItem("zhuoluo:demo", JSON.stringify(value));
    } catch (e) { /* private window: every load starts anew */ }
    return null;
  }

  function seat(from) {
    roles.forEach(function (role) {
      var frame = get("frame-" + role), address = "/demo/" + role + "/chat";
      var fresh = frame.cloneNode(false);  // a new frame: no entry in the history, no old page left
      fresh.src = address + "#after=" + (from[role] || 0);
      frame.parentNode.replaceChild(fresh, frame);
    });
  }

  /* A new resident; the stewards' phones show only what comes from now on. */
  function begin() {
    roles.forEach(function (role) {
      get("caption-" + role).textContent = "";
      ["queue", "draft"].forEach(function (name) {
        try { localStorage.removeItem("zhuoluo:/demo/" + role + "/chat:" + name); } catch (e) { /* nothing kept */ }
      });
    });
    highlight("");
    return fetch("/demo/resident/chat/restart", { method: "POST", credentials: "same-origin", headers: { "X-Zhuoluo": "1" } })
      .then(function (response) {
        if (!response.ok) { throw new Error("重新开始没有成功"); }
        return response.json();
      })
      .then(function (from) { stored(from); seat(from); });
  }

  function highlight(role) {
    roles.forEach(function (r) { get("phone-" + r).className = "phone" + (r === role ? " active" : ""); });
  }

  /* ---- tabs on a narrow screen ---- */

  function narrow() { return phones.scrollWidth > phones.clientWidth + 40; }

  function turnTo(role) {
    if (!narrow()) { return; }
    phones.scrollLeft = roles.indexOf(role) * phones.clientWidth;
    selected(role);
  }

  function selected(role) {
    roles.forEach(function (r) { get("tab-" + r).setAttribute("aria-selected", String(r === role)); });
  }

  roles.forEach(function (role, n) {
    var tab = get("tab-" + role);
    tab.addEventListener("click", function () { turnTo(role); });
    tab.addEventListener("keydown", function (e) {
      var step = e.key === "ArrowRight" ? 1 : e.key === "ArrowLeft" ? -1 : 0;
      if (step) { var next = roles[(n + step + 3) % 3]; turnTo(next); get("tab-" + next).focus(); }
    });
  });
  phones.addEventListener("scroll", function () {
    if (narrow()) { selected(roles[Math.round(phones.scrollLeft / phones.clientWidth)] || roles[0]); }
  });

  /* ---- the story ---- */

  function scene(role, words) {
    roles.forEach(function (r) { get("caption-" + r).textContent = r === role ? words : ""; });
    highlight(role);
    turnTo(role);
    return driver.rest(1500 * driver.pace);
  }

  /* A lamp that shines again: drawn here, so that nobody's real corridor is shown. */
  function picture() {
    var canvas = document.createElement("canvas"), c = canvas.getContext("2d");
    canvas.width = 800;
    canvas.height = 600;
    c.fillStyle = "#3d4a48";
    c.fillRect(0, 0, 800, 600);
    c.fillStyle = "#55635f";
    c.beginPath(); c.moveTo(0, 600); c.lineTo(220, 330); c.lineTo(580, 330); c.lineTo(800, 600); c.fill();
    c.fillStyle = "#2c3634";
    c.fillRect(330, 180, 140, 150);
    var glow = c.createRadialGradient(400, 120, 8, 400, 120, 430);
    glow.addColorStop(0, "rgba(255,240,190,.98)");
    glow.addColorStop(.22, "rgba(255,226,150,.55)");
    glow.addColorStop(1, "rgba(255,226,150,0)");
    c.fillStyle = glow;
    c.fillRect(0, 0, 800, 600);
    c.strokeStyle = "#1d2423";
    c.lineWidth = 6;
    c.beginPath(); c.moveTo(400, 0); c.lineTo(400, 78); c.stroke();
    c.fillStyle = "#1d2423";
    c.fillRect(380, 72, 40, 26);
    c.fillStyle = "#fff7d8";
    c.beginPath(); c.arc(400, 126, 32, 0, 2 * Math.PI); c.fill();
    return new Promise(function (resolve) { canvas.toBlob(resolve, "image/jpeg", 0.86); });
  }

  function title(words) { story.textContent = words; story.className = "story"; }

  // An earlier visitor may have told the same: this story is one of its own.
  function tell(d, words) {
    function another() { return d.pressIfAsked("resident", ["不是同一件"]); }
    return d.say("resident", words).then(another).then(another);
  }

  function firstAct() {
    title("第一段 · 楼里就能办的事");
    var d = driver, seen = d.mark("steward"), heard;
    return scene("resident", "居民说一句话：楼道灯坏了。")
      .then(function () { return tell(d, "西苑小区3号楼2单元楼道灯坏了一个星期了没人管"); })
      .then(function () { return scene("resident", "程序听懂了是什么事、在哪里。第一次用，先问同不同意。"); })
      .then(function () { return d.press("resident", ["同意并提交", "提交"]); })
      .then(function () { return scene("resident", "有编号、有承办人、有期限：这件事有着落了。"); })
      .then(function () { return d.pressIfAsked("resident", ["是"]); })
      .then(function () { return scene("steward", "同一时刻，3号楼2单元红管家的手机收到了。"); })
      .then(function () { return d.sees("steward", "楼道灯", seen); })
      .then(function () { heard = d.mark("resident"); return d.press("steward", ["受理"]); })
      .then(function () { return scene("resident", "红管家受理了，居民马上知道。"); })
      .then(function () { return d.sees("resident", "受理", heard); })
      .then(function () { return scene("steward", "楼里就能办：红管家换好灯泡，拍一张照片。"); })
      .then(function () { return d.press("steward", ["当场办结"]); })
      .then(picture)
      .then(function (photo) { return d.attach("steward", photo); })
      .then(function () { heard = d.mark("resident"); return d.say("steward", "换了灯泡"); })
      .then(function () { return scene("resident", "居民收到结果和照片，请他评一评。"); })
      .then(function () { return d.sees("resident", "换了灯泡", heard); })
      .then(function () { seen = d.mark("steward"); return d.press("resident", ["满意"]); })
      .then(function () { return scene("steward", "红管家看到评价。件件有着落，事事有回音。"); })
      .then(function () { return d.sees("steward", "满意", seen); });
  }

  function secondAct() {
    title("第二段 · 楼里办不了，往上走");
    var d = driver, seen = d.mark("steward"), above, heard;
    return scene("resident", "再说一件：楼里解决不了的事。")
      .then(function () { return tell(d, "3号楼2单元门前路面有个大坑"); })
      .then(function () { return d.press("resident", ["提交", "同意并提交"]); })
      .then(function () { return d.pressIfAsked("resident", ["以后再说"]); })
      .then(function () { return scene("steward", "红管家收到，修路不是楼里能办的，上报网格。"); })
      .then(function () { return d.sees("steward", "大坑", seen); })
      .then(function () { above = d.mark("secretary"); return d.press("steward", ["上报网格"]); })
      .then(function () { return d.say("steward", "路面要请施工单位来修"); })
      .then(function () { return scene("secretary", "网格书记马上接到，受理。"); })
      .then(function () { return d.sees("secretary", "大坑", above); })
      .then(function () { heard = d.mark("resident"); return d.press("secretary", ["受理"]); })
      .then(function () { return scene("resident", "换了谁来办，居民都知道。没有一件事会没人管。"); })
      .then(function () { return d.sees("resident", "受理", heard); });
  }

  /* Its meeting is weeks away, as real ones are: what happens until then is told, not played. */
  function thirdAct() {
    title("第三段 · 要大家商量的，上议事会");
    var d = driver, heard = d.mark("resident"), above = d.mark("secretary"), number;
    return scene("resident", "还有一种事，要邻居们一起商量。")
      .then(function () { return tell(d, "西苑小区要增设充电桩，电动车没地方充电"); })
      .then(function () { return d.press("resident", ["提交", "同意并提交"]); })
      .then(function () { return d.pressIfAsked("resident", ["以后再说"]); })
      .then(function () { return d.sees("resident", "已收到", heard); })
      .then(function (receipt) {
        number = receipt.textContent.match(/-0*(\d+)。/)[1];
        return scene("secretary", "全小区的事，网格书记直接收到。先受理，再提交议事会。");
      })
      .then(function () { return d.sees("secretary", "充电桩", above); })
      .then(function () { return d.press("secretary", ["受理"]); })
      .then(function () { heard = d.mark("resident"); return d.say("secretary", "提交议事 " + number); })
      .then(function () { return d.press("secretary", ["小区议事会"]); })
      .then(function () { return scene("resident", "居民知道：这件事要上会了。"); })
      .then(function () { return d.sees("resident", "小区议事会", heard); })
      .then(function () { above = d.mark("secretary"); return scene("secretary", "哪天开会，请哪些人，早就排好了。"); })
      .then(function () { return d.say("secretary", "议事会"); })
      .then(function () { return d.sees("secretary", "每月第二个周六", above); })
      .then(function () { return scene("secretary", "开会前7天，议题草案自己发到这里；批准以后，大家都收到邀请。"); });
  }

  function showControls() {
    var playing = !!driver;
    play.textContent = playing ? "停止播放" : "播放示例故事";
    pause.hidden = !playing;
    pause.textContent = playing && driver.paused ? "继续" : "暂停";
  }

  function finish(words, trouble) {
    driver = null;
    showControls();
    highlight("");
    roles.forEach(function (r) { get("caption-" + r).textContent = ""; });
    document.body.setAttribute("data-story", trouble ? "broken" : "over");
    story.textContent = words;
    story.className = "story" + (trouble ? " trouble" : "");
  }

  function start() {
    var mine = driver = new window.zhuoluoDriver(Number((location.hash.match(/^#pace=([\d.]+)$/) || [])[1]) || 0);
    document.body.setAttribute("data-story", "playing");
    showControls();
    begin()
      .then(function () { return Promise.all(roles.map(function (role) { return mine.ready(role); })); })
      .then(firstAct)
      .then(function () { return mine.rest(2500 * mine.pace); })
      .then(secondAct)
      .then(function () { return mine.rest(2500 * mine.pace); })
      .then(thirdAct)
      .then(function () { return mine.rest(2500 * mine.pace); })
      .then(function () { if (driver === mine) { finish("故事到这里。您可以接着自己操作，或点“重新开始”。"); } })
      .catch(function (problem) {
        if (driver !== mine) { return; }
        if (problem.stopped) { finish(welcome); } else { finish("示例停在这里（" + problem.message + "）。您可以自己操作，或点“重新开始”。", true); }
      });
  }

  play.addEventListener("click", function () { if (driver) { driver.stop(); } else { start(); } });
  pause.addEventListener("click", function () { if (driver) { driver.paused = !driver.paused; showControls(); } });
  restart.addEventListener("click", function () {
    if (driver) { driver.stop(); finish(welcome); }
    begin().then(function () { story.textContent = welcome; story.className = "story"; },
      function () { finish("没有连上，请再点一次“重新开始”。", true); });
  });

  starting = stored();
  if (starting) { seat(starting); } else { begin().catch(function () { seat({}); }); }
})();
