/** What browser.js has of gjs and of the libraries that it binds. */
declare const ARGV: readonly string[];

declare module "gi://GLib" {
  const GLib: { MainLoop: new (context: null, isRunning: boolean) => { run(): void } };
  export default GLib;
}

declare module "gi://Gtk?version=3.0" {
  interface Window {
    add(view: unknown): void;
    show_all(): void;
    destroy(): void;
  }
  const Gtk: {
    init(argv: null): void;
    Window: new (properties: { default_width: number; default_height: number }) => Window;
  };
  export default Gtk;
}

declare module "gi://WebKit2?version=4.1" {
  interface Feature {
    get_identifier(): string;
  }
  interface Settings {
    set_feature_enabled(feature: Feature, isEnabled: boolean): void;
  }
  export interface WebView {
    connect(signal: "create", listener: () => WebView): void;
    connect(signal: "close", listener: () => void): void;
    get_settings(): Settings;
  }
  interface AutomationSession {
    set_application_info(information: ApplicationInfo): void;
    connect(signal: "create-web-view", listener: () => WebView): void;
  }
  interface ApplicationInfo {
    set_name(name: string): void;
    set_version(major: number, minor: number, micro: number): void;
  }
  interface WebContext {
    set_automation_allowed(isAllowed: boolean): void;
    connect(
      signal: "automation-started",
      listener: (context: WebContext, session: AutomationSession) => void,
    ): void;
  }
  const WebKit2: {
    ApplicationInfo: new () => ApplicationInfo;
    WebContext: new (properties: { website_data_manager: object }) => WebContext;
    WebView: new (
      properties:
        | { web_context: WebContext; is_controlled_by_automation: boolean }
        | { related_view: WebView; settings: Settings },
    ) => WebView;
    WebsiteDataManager: new (properties: {
      base_data_directory: string;
      base_cache_directory: string;
      origin_storage_ratio: number;
      total_storage_ratio: number;
    }) => object;
    Settings: {
      get_all_features(): { get_length(): number; get(at: number): Feature };
    };
    get_major_version(): number;
    get_minor_version(): number;
    get_micro_version(): number;
  };
  export default WebKit2;
}
