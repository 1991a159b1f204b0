/* Where somebody stands, for those who would rather show it than write it. Asked for only when the button is pressed. */
(function () {
  "use strict";

  var INSTEAD = "直接写小区和楼号，比如“西苑小区3号楼”。";
  var TROUBLE = {
    1: "没有得到允许，看不到您的位置。可以在设置里允许这个网页使用位置，也可以" + INSTEAD,
    2: "现在找不到您的位置。请" + INSTEAD,
    3: "等了一会儿还没有找到位置。可以再点一次，也可以" + INSTEAD
  };
  var ROUGH = 1000;  // metres; beyond this it names no compound
  var PATIENCE = 15000;  // milliseconds

  /* Shows the button where the browser can tell a place. ``found`` gets [latitude, longitude]; ``tell`` a sentence. */
  window.zhuoluoPlace = function (button, found, tell) {
    if (!navigator.geolocation || window.isSecureContext === false) { return; }
    var name = button.querySelector("span"), usual = name.textContent;

    function busy(looking) {
      button.setAttribute("aria-busy", String(looking));
      name.textContent = looking ? "定位中" : usual;
    }

    button.hidden = false;
    button.addEventListener("click", function () {
      if (button.getAttribute("aria-busy") === "true") { return; }
      busy(true);
      tell("");
      navigator.geolocation.getCurrentPosition(function (position) {
        var at = position.coords;
        busy(false);
        if (at.accuracy > ROUGH) { return tell("得到的位置不够准，分不清是哪个小区。请" + INSTEAD); }
        found([at.latitude, at.longitude]);
      }, function (problem) {
        busy(false);
        tell(TROUBLE[problem.code] || TROUBLE[2]);
      }, { enableHighAccuracy: true, timeout: PATIENCE, maximumAge: 0 });
    });
  };
})();
