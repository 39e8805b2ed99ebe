/**
 * A browser of WebKitGTK that a test drives by WebDriver, run by gjs: `gjs -m browser.js FOLDER SHARE`.
 *
 * WebKit's own MiniBrowser is in private mode when it is driven. Visitors are not: this one keeps what sites
 * store in a folder, gives each site a share of the disk, and has the private file system, which Safari has and
 * WebKitGTK has switched off.
 */
import GLib from "gi://GLib";
import Gtk from "gi://Gtk?version=3.0";
import WebKit2 from "gi://WebKit2?version=4.1";

/** As WebKit's own is called, for which the driver asks. */
const NAME = "MiniBrowser";
/** What a page calls `navigator.storage`. Its files can be listed, but not opened by workers, as Safari's can. */
const FEATURES = new Set(["StorageAPI", "StorageAPIEstimate", "FileSystem", "AccessHandle"]);
const [folder, share] = ARGV;
Gtk.init(null);
const context = new WebKit2.WebContext({
  website_data_manager: new WebKit2.WebsiteDataManager({
    base_data_directory: `${folder}/data`,
    base_cache_directory: `${folder}/cache`,
    origin_storage_ratio: Number(share),
    total_storage_ratio: Number(share),
  }),
});
context.set_automation_allowed(true);
context.connect("automation-started", (_context, session) => {
  const information = new WebKit2.ApplicationInfo();
  information.set_name(NAME);
  information.set_version(
    WebKit2.get_major_version(),
    WebKit2.get_minor_version(),
    WebKit2.get_micro_version(),
  );
  session.set_application_info(information);
  session.connect("create-web-view", () =>
    show(new WebKit2.WebView({ web_context: context, is_controlled_by_automation: true })),
  );
});

/**
 * Opens a window.
 *
 * @param {import("gi://WebKit2?version=4.1").WebView} view what is in it
 */
function show(view) {
  const settings = view.get_settings();
  const features = WebKit2.Settings.get_all_features();
  for (let at = 0; at < features.get_length(); at++) {
    const feature = features.get(at);
    if (FEATURES.has(feature.get_identifier())) settings.set_feature_enabled(feature, true);
  }
  const window = new Gtk.Window({ default_width: 1280, default_height: 800 });
  window.add(view);
  view.connect("create", () => show(new WebKit2.WebView({ related_view: view, settings })));
  view.connect("close", () => window.destroy());
  window.show_all();
  return view;
}

new GLib.MainLoop(null, false).run();
