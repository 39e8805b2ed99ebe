/** Names that a tab and Tabnix's relay agree on. */

/** The subprotocol that asks for WISP version 2; any would (protocol, "Establishing a Websocket Connection"). */
export const WISP_PROTOCOL = "wisp-v2";
/** Begins the subprotocol that carries a token: browsers let a page set no other header. */
export const TOKEN_PROTOCOL = "tabnix.token.";
/** The host, on port 53 over UDP, whose DNS the relay answers itself. `internal` is nobody's (ICANN, 2024). */
export const RELAY_RESOLVER = "resolver.tabnix.internal";
