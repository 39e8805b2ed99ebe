/**
 * The script that runs first in every page of a preview. It mends what a page of another address can
 * tell apart and the service worker cannot hide: navigations outside of the worker's scope, cookies,
 * WebSockets. It protects nothing: the page may undo all of it.
 */
import type { ShimConfig } from "../contract.ts";
import { mendCookies } from "./cookies.ts";
import { mendNavigation } from "./navigation.ts";
import { reportToPane } from "./pane.ts";
import { mendWebSocket } from "./web-socket.ts";

/** Given by the service worker, in front of this script. */
declare const PREVIEW: ShimConfig;

mendNavigation(PREVIEW);
mendCookies(PREVIEW);
mendWebSocket(PREVIEW);
reportToPane();
