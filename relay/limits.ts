/**
 * What the relay lets its users spend. Bytes and milliseconds unless the name says otherwise. The defaults
 * are for a small server; tests and `relay/options.ts` put others in their place.
 */

const KIB = 1024;
const MIB = 1024 * KIB;
const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** Limits of one relay. */
export interface RelayLimits {
  /** A WebSocket message. */
  messageBytes: number;
  /** WebSockets at the same time: of one token (or of all without one), of one address, of the relay. */
  connectionsPerToken: number;
  connectionsPerAddress: number;
  connections: number;
  /** WISP streams of one connection, and those of them that are still being opened. */
  streamsPerConnection: number;
  openingPerConnection: number;
  /** Bytes a second, both ways together, of one token and of one address; and how many may come at once. */
  bytesPerSecond: number;
  burstBytes: number;
  /** DATA packets that a client may send ahead of a TCP stream: WISP's buffer. */
  creditPackets: number;
  /** Bytes of one connection on their way to destinations before its WebSocket is not read any more. */
  connectionBytes: number;
  /** The same of all connections; then those that have more than `fairBytes` are not read. */
  relayBytes: number;
  fairBytes: number;
  /** Bytes waiting in one WebSocket before streams wait, and before it is closed. */
  socketBytes: number;
  socketHardBytes: number;
  /** For the head of a request, and for a version 2 client's INFO. */
  handshakeMs: number;
  /** For the lookup of a name, for a connection to one of its addresses, and for all of that together. */
  resolveMs: number;
  connectMs: number;
  openMs: number;
  /** A TCP stream without traffic, a UDP stream, and a connection without streams. */
  tcpIdleMs: number;
  udpIdleMs: number;
  connectionIdleMs: number;
  /** How often connections are looked after; one that shows no life between two looks is closed. */
  sweepMs: number;
  /** How long the rest of a stream may take that its client has closed. */
  lingerMs: number;
  /** How long a stopping relay waits for what goes on. */
  stopMs: number;
  /** Requests of the public at the same time to one tab, and the time until its response begins. */
  requestsPerTunnel: number;
  responseMs: number;
  /** TCP connections to the relay at the same time, of the public and of tabs. */
  publicConnections: number;
}

/** What a relay has unless it is told otherwise. */
export const DEFAULT_LIMITS: RelayLimits = {
  messageBytes: 256 * KIB,
  connectionsPerToken: 16,
  connectionsPerAddress: 32,
  connections: 2000,
  streamsPerConnection: 512,
  openingPerConnection: 64,
  bytesPerSecond: 32 * MIB,
  burstBytes: 64 * MIB,
  creditPackets: 64,
  connectionBytes: 16 * MIB,
  relayBytes: 256 * MIB,
  fairBytes: 256 * KIB,
  socketBytes: MIB,
  socketHardBytes: 4 * MIB,
  handshakeMs: 10 * SECOND,
  resolveMs: 10 * SECOND,
  connectMs: 10 * SECOND,
  openMs: 30 * SECOND,
  tcpIdleMs: 60 * MINUTE,
  udpIdleMs: 2 * MINUTE,
  connectionIdleMs: 60 * MINUTE,
  sweepMs: 30 * SECOND,
  lingerMs: 5 * SECOND,
  stopMs: 30 * SECOND,
  requestsPerTunnel: 128,
  responseMs: 5 * MINUTE,
  publicConnections: 4000,
};

/** The head of a request: RFC 9110 leaves it to the server. */
export const REQUEST_HEAD_BYTES = 16 * KIB;
/** A token, as text. */
export const TOKEN_CHARACTERS = 1024;
/** Scopes of one token. */
export const TOKEN_SCOPES = 32;
/** A secret that tokens are signed with; half of SHA-256's block would do. */
export const SECRET_BYTES = 32;
/** A DNS message that the relay passes on, and questions of one stream that wait for their answers. */
export const DNS_MESSAGE_BYTES = 4 * KIB;
export const DNS_QUESTIONS = 64;
/** Bytes read from a destination at once. */
export const READ_BYTES = 64 * KIB;
/** Addresses of one name that are tried. */
export const CANDIDATES = 8;
/** How long a guest may take to end a connection whose response the relay has, in milliseconds. */
export const AWAIT_END_MS = 5 * SECOND;
