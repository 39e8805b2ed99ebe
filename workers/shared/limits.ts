/**
 * The runtime's limits, in one place. Sizes are bytes unless the name says otherwise. None of them is
 * a tuning knob of the guest: they bound what a guest, a store or a file can make the page spend.
 */

const KIB = 1024;
const MIB = 1024 * KIB;

/** Bytes in one directory entry's name, as on Linux. */
export const MAX_NAME_BYTES = 255;
/** Bytes in a path or a symbolic link's target, without the NUL that Linux counts. */
export const MAX_PATH_BYTES = 4095;
/** Symbolic links followed while one path is resolved, as on Linux. */
export const MAX_SYMLINKS = 40;
/** Largest file: what the page cache of a 32-bit guest can address (2^32 pages of 4 KiB). */
export const MAX_FILE_SIZE = 2 ** 44;
/** Names of one inode, as on ext4. */
export const MAX_LINKS = 65_000;
/** Inodes in one tree, base and overlay together. */
export const MAX_INODES = 4_000_000;
/** Extended attributes: bytes of a name, of a value, and of one inode's list of names, as on Linux. */
export const MAX_XATTR_NAME_BYTES = 255;
export const MAX_XATTR_VALUE_BYTES = 64 * KIB;
export const MAX_XATTR_LIST_BYTES = 64 * KIB;
/** Record locks on one file. */
export const MAX_LOCKS_PER_FILE = 10_000;

/** Bytes the guest may write before it gets ENOSPC, unless the overlay is told otherwise. */
export const DEFAULT_OVERLAY_BYTES = 1024 * MIB;
/** Bytes of base files kept uncompressed in memory. The most recent file stays even if larger. */
export const BASE_CACHE_BYTES = 64 * MIB;
/** The unit in which an overlay file is allocated in memory. */
export const OVERLAY_CHUNK_BYTES = 64 * KIB;

/** The unit in which a disk places contents: the guest's page, so that most writes are of whole ones. */
export const DISK_BLOCK_BYTES = 4 * KIB;
/** Blocks that a disk holds back because they may be written again soon; all are written by a commit. */
export const DISK_RECENT_BLOCKS = 64;
/** How long after a change a disk commits by itself, in milliseconds. */
export const DISK_COMMIT_MS = 1000;
/** A journal of more bytes than this, and than twice the state it stands for, is written anew. */
export const DISK_JOURNAL_BYTES = 4 * MIB;

/** How long a tab that is asked for a disk may take to save what it has, in milliseconds. */
export const DISK_ASK_MS = 5000;
/** How long to wait for a tab that was told to let go of a disk, and between two tries. */
export const DISK_TAKE_MS = 10_000;
export const DISK_RETRY_MS = 50;

/** 9P: the largest payload of one message (Linux caps its virtio transport just below). */
export const NINEP_MAX_PAYLOAD_BYTES = 512 * KIB;
/** 9P: room for the fields around a payload. */
export const NINEP_HEADER_BYTES = 24;
/** 9P: the largest message this server agrees to, size field included. */
export const NINEP_MAX_MESSAGE_BYTES = NINEP_MAX_PAYLOAD_BYTES + NINEP_HEADER_BYTES;
/** 9P: the smallest message size a client may ask for; a stat reply and a long name must fit. */
export const NINEP_MIN_MESSAGE_BYTES = 4 * KIB;
/** 9P: names in one walk, fixed by the protocol. */
export const NINEP_MAX_WALK_NAMES = 16;
/** 9P: fids one session may hold. */
export const NINEP_MAX_FIDS = 1_000_000;

/** What the guest's agent for WebAssembly asks for at once, as images/agent/exec-protocol.h has it. */
export const CHANNEL_READ_BYTES = 256 * KIB;
/** What the agent may say of a program it wants to run: arguments, environment and all. */
export const MAX_EXEC_REQUEST_BYTES = 256 * KIB;
/** What the agent reads for a program at once, as images/agent/exec-protocol.h has it. */
export const MAX_EXEC_INPUT_BYTES = 128 * KIB;
/** How often an agent that waits for the kernel may look at signals, in milliseconds. */
export const EXEC_NOTHING_MS = 200;
/** Output of a program that its agent has not read yet; then the program waits. */
export const PROCESS_OUTPUT_BYTES = 512 * KIB;
/** WebAssembly programs that run at the same time. */
export const MAX_PROCESSES = 32;
/** Threads that a WebAssembly program may have beside its first, and all of them together. */
export const MAX_PROCESS_THREADS = 32;
export const MAX_THREADS = 64;
/** What a program with threads waits for on a stream at once, before its other threads have a turn, in milliseconds. */
export const STREAM_TURN_MS = 50;
/** WASIX programs that run at the same time: each has an engine of its own. */
export const MAX_WASIX_PROCESSES = 8;
/** What of its folder a WASIX program gets a copy of. */
export const MAX_WASIX_FOLDER_BYTES = 64 * MIB;
export const MAX_WASIX_FOLDER_ENTRIES = 2000;
/** Workers that wait for a program, so that it need not wait for a worker. */
export const IDLE_WASI_WORKERS = 2;
/** Files that a WebAssembly program may have open, and directories among them that are open from the start. */
export const MAX_PROCESS_FILES = 1024;
export const MAX_PREOPENS = 512;
/** A call of a WebAssembly program, and its answer: the JSON, and the bytes that go with it. */
export const WASI_CALL_BYTES = 64 * KIB;
export const WASI_DATA_BYTES = MIB;
/** Counters of changes of files' contents: files share them. */
export const CONTENT_STAMPS = 4096;
/** Entries of a directory that one call gives. */
export const MAX_LISTED_ENTRIES = 1000;
/** The largest module; it is compiled in memory. */
export const MAX_MODULE_BYTES = 256 * MIB;
/** How long a program may take to prepare itself, in milliseconds, and what may come of it. */
export const PREPARATION_MS = 20_000;
export const MAX_PREPARED_BYTES = 64 * MIB;
/** Prepared memories for each module: for users, languages and the like. */
export const KEPT_PREPARATIONS = 3;
/** Memory of one program, in at most so many memories. The unit is the specification's. */
export const MAX_PROGRAM_MEMORY_BYTES = 1024 * MIB;
export const MAX_PROGRAM_MEMORIES = 16;
export const WASM_PAGE_BYTES = 64 * KIB;
/** What a module may ask for in its section "tabnix". */
export const MAX_TOOL_OPTIONS_BYTES = 64 * KIB;
export const MAX_TOOL_FOLDERS = 64;
/** Compiled modules kept for the next start. */
export const KEPT_MODULES = 16;
/** The longest 9P reply that takes the short way between workers; see workers/kernel/reply-slot.ts. */
export const REPLY_SLOT_BYTES = NINEP_MAX_MESSAGE_BYTES;
/** How long a machine waits in place for a reply, in milliseconds. */
export const REPLY_WAIT_MS = 0.3;

/** Files that the page reads or writes: bytes of one message. */
export const FILE_PIECE_BYTES = MIB;
/** Files that the page may be writing at the same time. */
export const MAX_UPLOADS = 64;
/** Names that one message removes. */
export const MAX_REMOVED_ENTRIES = 1000;
/** Files and folders of one upload or download. */
export const MAX_TRANSFER_FILES = 100_000;
/** Files of a folder's download that are read at the same time. */
export const PARALLEL_FILE_READS = 8;
/** What the file panel's editor takes. */
export const EDITOR_BYTES = MIB;
/** What is read when a file is taken hold of, so that it can be dragged out of the page. */
export const DRAG_OUT_BYTES = 32 * MIB;
/** Names that the file panel shows of one folder. */
export const MAX_SHOWN_ENTRIES = 5000;

/** Exports of a machine: what one frame unpacks to, at most. */
export const EXPORT_FRAME_BYTES = MIB;
/** Exports: what a frame takes in the file, at most. What cannot be compressed grows a little. */
export const EXPORT_PACKED_BYTES = EXPORT_FRAME_BYTES + 16 * KIB;
/** Exports: the header, and the records of everything but contents, which are in memory as a whole. */
export const EXPORT_HEADER_BYTES = 4 * KIB;
export const EXPORT_RECORD_BYTES = 256 * MIB;
/** Exports: unpacked bytes of objects that are fetched ahead of the one that is written. */
export const EXPORT_AHEAD_BYTES = 64 * MIB;
/** The image of an exported machine: its manifest, what its objects unpack to, and the guest's memory. */
export const IMPORT_MANIFEST_BYTES = MIB;
export const IMPORT_IMAGE_BYTES = 16 * 1024 * MIB;
export const IMPORT_MEMORY_MEGABYTES = 2048;

/** Objects fetched from the store at the same time. */
export const STORE_PARALLEL_FETCHES = 8;
/** Objects up to this size are unpacked in WebAssembly, whose memory stays as large as it ever was. */
export const WASM_DECODER_BYTES = 64 * MIB;
/** The largest object the store will hold in memory, whatever a manifest or an index claims. */
export const STORE_MAX_OBJECT_BYTES = 1024 * MIB;

/** Agent: bytes of one message on the virtio-serial port, one guest buffer. */
export const AGENT_MESSAGE_BYTES = 4 * KIB;
/** Agent: messages sent and not yet read; the guest has posted sixteen buffers. */
export const AGENT_MESSAGES_UNDER_WAY = 8;
/** Agent: the payload of one frame, as images/agent/protocol.h has it. */
export const AGENT_PAYLOAD_BYTES = 64 * KIB - 1;
/** Agent: strings of one command: its folder, arguments and environment. */
export const AGENT_STRINGS = 1024;
/** Terminals open at once, and programs with pipes; images/agent/channels.h has room for both together. */
export const MAX_TERMINALS = 16;
export const MAX_PROGRAMS = 32;
/** Input bytes the agent keeps for a terminal or program that does not read, as images/agent/channels.h has it. */
export const TERMINAL_INPUT_BYTES = 16 * KIB;
/** Bytes that a program with pipes may have written, on each descriptor, ahead of who reads it. */
export const PROGRAM_OUTPUT_BYTES = 256 * KIB;
/** Read bytes of one descriptor that the guest is told of at once: a part of what it may be ahead. */
export const PROGRAM_READ_BYTES = 64 * KIB;
/** Input that is given to a program's worker at once; more waits until that was taken. */
export const PROGRAM_WRITE_BYTES = 64 * KIB;
/** What a sandbox's `run` gathers of each descriptor unless it is told otherwise. */
export const RUN_OUTPUT_BYTES = 64 * MIB;
/** Output bytes a terminal may be ahead of what the page has drawn. */
export const TERMINAL_OUTPUT_BYTES = 512 * KIB;
/** Drawn bytes of one terminal that the page tells the guest of at once: a part of what it may be ahead. */
export const TERMINAL_DRAWN_BYTES = 64 * KIB;
/** Output that follows other output waits so many milliseconds, or for so many bytes, to go together. */
export const OUTPUT_BATCH_MS = 8;
export const OUTPUT_BATCH_BYTES = 64 * KIB;
/** Input bytes of one terminal waiting in the worker; what comes beyond is refused with a notice. */
export const TERMINAL_PASTE_BYTES = 64 * MIB;
/** How long the guest may take to write out what it holds back when its files are wanted elsewhere. */
export const GUEST_SYNC_MS = 3000;
/** How long after the prompt the kernel waits with what could wait: what first commands read, replicas. */
export const AFTER_PROMPT_MS = 500;
/** How long the guest may take to answer after a restore, and from its kernel, in milliseconds. */
export const RESTORE_TIMEOUT_MS = 60_000;
export const BOOT_TIMEOUT_MS = 240_000;

/** Of a tree index that was kept beside a disk, unpacked. That of an image with 7,000 files has half a megabyte. */
export const MAX_INDEX_BYTES = 64 * MIB;
/** Content that is copied at once when saved files are carried over to another version of their image. */
export const REBASE_PIECE_BYTES = MIB;
/** Paths that one message names. */
export const MAX_PATHS_SHOWN = 5;

/** Network: what TCP keeps of one connection, each way; the larger is what it lets the peer send ahead. */
export const TCP_SEND_BYTES = 256 * KIB;
export const TCP_RECEIVE_BYTES = 512 * KIB;
/** Network: what all connections together may hold before each new window is a few segments only. */
export const TCP_TOTAL_BYTES = 64 * MIB;
/** Network: connections at the same time, those that are not accepted yet among them. */
export const MAX_TCP_CONNECTIONS = 1024;
export const MAX_TCP_PENDING = 256;
/** Network: runs of bytes that came ahead of their turn, for each connection. */
export const MAX_TCP_GAPS = 256;
/** Network: the bounds of the retransmission timeout, in milliseconds. RFC 6298 has a second; the link is local. */
export const TCP_MIN_RTO_MS = 200;
export const TCP_MAX_RTO_MS = 16_000;
/** Network: timeouts in a row after which the peer is taken for gone: a minute. */
export const TCP_RETRIES = 8;
/** Network: how long a connection may take to open, as a guest's own would be told. */
export const TCP_CONNECT_MS = 10_000;
/** Network: how long an acknowledgement may wait for data to go with. */
export const TCP_DELAYED_ACK_MS = 20;
/** Network: how long a closed connection's segments may still be on their way: there is no way but the link. */
export const TCP_TIME_WAIT_MS = 2000;
/** Network: after so long without a word the peer is asked whether it is there, so often. */
export const TCP_KEEPALIVE_IDLE_MS = 120_000;
export const TCP_KEEPALIVE_MS = 15_000;
export const TCP_KEEPALIVE_PROBES = 5;
/** Network: hosts on the link whose hardware addresses are known, and packets that wait for one. */
export const MAX_NEIGHBOURS = 1024;
export const MAX_UNRESOLVED_PACKETS = 32;
/** Network: how often an address is asked for, and how long each time. */
export const ARP_TRIES = 3;
export const ARP_RETRY_MS = 1000;
/** Network: packets in fragments that are put together at the same time, their fragments, and how long. */
export const MAX_FRAGMENTED_PACKETS = 16;
export const MAX_FRAGMENTS = 64;
export const FRAGMENT_TIMEOUT_MS = 15_000;
/**
 * Network: the largest Ethernet payload. The guest's time goes by packets: TCP's 60 KiB, and its header and
 * IP's, in one.
 */
export const NETWORK_MTU = 60 * KIB + 40;
/** Network: what a frame has beside its payload, with a VLAN's tag. */
export const ETHERNET_OVERHEAD_BYTES = 18;
/** TCP ports on which a guest listens, as images/agent/ports.h has it. */
export const MAX_LISTENING_PORTS = 64;

// --- Network: DHCP and DNS

/** DHCP: the longest message that is read; more than one fits into an Ethernet frame of usual size. */
export const DHCP_MESSAGE_BYTES = 1500;
/** DHCP: clients remembered, and addresses that a client has found in use. */
export const MAX_DHCP_LEASES = 1024;
export const MAX_DHCP_DECLINED = 256;
/** DHCP: how long an offer stands, and how long a declined address is not given out, in milliseconds. */
export const DHCP_OFFER_MS = 60_000;
export const DHCP_DECLINED_MS = 600_000;
/** DNS: a message over TCP, which has a length of 16 bits; the longest that is sent by UDP. */
export const DNS_TCP_BYTES = 65_535;
export const DNS_UDP_BYTES = 4096;
/** DNS: names whose answers are kept, the longest such answer, and the longest time, in seconds. */
export const DNS_CACHED_ANSWERS = 256;
export const DNS_CACHED_BYTES = 4 * KIB;
export const DNS_CACHED_SECONDS = 3600;
/** DNS: questions that wait for the resolver at the same time. */
export const DNS_QUERIES_UNDER_WAY = 64;
/** DNS: how long the resolver may take, in milliseconds: less than the 5 seconds after which glibc asks again. */
export const DNS_TIMEOUT_MS = 4500;
/** Network: relay. WISP: the largest message either side takes; a codec never makes more than it is given. */
export const WISP_MESSAGE_BYTES = 256 * KIB;
/** WISP: the payload of the DATA packets that Tabnix sends over TCP streams. */
export const WISP_DATA_BYTES = 64 * KIB;
/** WISP: a host name in CONNECT, as in the DNS, with room for the zone of an address that is refused. */
export const WISP_HOST_BYTES = 255;
/** WISP: extensions in one INFO packet. */
export const MAX_WISP_EXTENSIONS = 32;
/** WISP: a datagram, as UDP over IPv4 has it at most (RFC 768). */
export const WISP_DATAGRAM_BYTES = 65_507;
/** WISP: bytes that a relay with flow control towards the tab may send on a stream ahead of its reader. */
export const WISP_WINDOW_BYTES = MIB;
/** WISP: what a tab keeps of all streams for a server without that: beyond it the stream in question is closed. */
export const WISP_UNPACED_BYTES = 32 * MIB;
/** WISP: how long a stream whose half the guest has ended may be silent at a server that knows no halves, in milliseconds. */
export const WISP_LINGER_MS = 10_000;
/** WISP: streams that one tab has open, and datagrams of a stream that wait for nothing but the socket. */
export const MAX_WISP_STREAMS = 1024;
/** Relay: bytes waiting in a WebSocket before writers wait, and how often they look again, in milliseconds. */
export const RELAY_SOCKET_BYTES = MIB;
export const RELAY_SOCKET_POLL_MS = 5;
/** Relay: how long the WebSocket and its handshake, and the opening of a stream, may take, in milliseconds. */
export const RELAY_HANDSHAKE_MS = 15_000;
export const RELAY_OPEN_MS = 60_000;
/** Relay: the pause before the connection is tried anew: at first, and at most, in milliseconds. */
export const RELAY_RETRY_MS = 500;
export const RELAY_RETRY_MAX_MS = 30_000;

/** Ingress: the payload of one frame, and of a window. */
export const INGRESS_DATA_BYTES = 32 * KIB;
export const INGRESS_WINDOW_BYTES = 512 * KIB;
/** Ingress: a name, which is one label of a host name, and the text of an address. */
export const INGRESS_NAME_BYTES = 63;
export const INGRESS_TEXT_BYTES = 512;
/** Ingress: connections that the public has to one tab at the same time. */
export const MAX_INGRESS_STREAMS = 256;

// --- Network: the way out

/** UDP: pairs of ends at the same time, and how long one may be silent, in milliseconds (RFC 4787, 4.3). */
export const MAX_UDP_FLOWS = 256;
export const UDP_FLOW_IDLE_MS = 120_000;
/*
 * Preview: what a server in the guest, or a page of it, can make the kernel worker and the service
 * worker spend.
 */

/** HTTP: the status line and header fields of a response, or the trailer fields of a body, together. */
export const HTTP_HEAD_BYTES = 256 * KIB;
/** HTTP: fields in one head. */
export const HTTP_HEAD_FIELDS = 1000;
/** HTTP: interim (1xx) responses that are skipped before the final one. */
export const HTTP_INTERIM_RESPONSES = 32;
/** HTTP: one line that says how long a chunk is, with extensions that are ignored. */
export const HTTP_CHUNK_LINE_BYTES = 4 * KIB;
/** HTTP: connections to one port at the same time, and those of them that wait for another request. */
export const HTTP_CONNECTIONS_PER_PORT = 16;
export const HTTP_IDLE_CONNECTIONS_PER_PORT = 6;
/** HTTP: how long a connection is kept for another request, in milliseconds. */
export const HTTP_KEEP_ALIVE_MS = 15_000;
/** HTTP: how long a server may take to accept a connection, in milliseconds. */
export const HTTP_CONNECT_MS = 20_000;
/** HTTP: how long nothing of a response's head may come, and how long all of it may take, in milliseconds. */
export const HTTP_HEAD_IDLE_MS = 120_000;
export const HTTP_HEAD_MS = 300_000;
/** HTTP: how long a body whose end is announced may stand still, in milliseconds. */
export const HTTP_BODY_IDLE_MS = 300_000;
/** HTTP: content that is decoded may wait here before more is asked for. */
export const HTTP_PIECE_BYTES = 64 * KIB;
/** WebSocket: a message that is put together from its frames. */
export const WEBSOCKET_MESSAGE_BYTES = 16 * MIB;
/** WebSocket: bytes that a page has been given and has not taken, or has sent and the server has not. */
export const WEBSOCKET_WINDOW_BYTES = 4 * MIB;
export const WEBSOCKET_QUEUE_BYTES = 32 * MIB;
/** WebSocket: how long the server may take to answer the closing handshake, in milliseconds. */
export const WEBSOCKET_CLOSE_MS = 5000;
/** Pieces of a body that may be on their way between the service worker and the kernel worker. */
export const PREVIEW_WINDOW_PIECES = 16;
/** Requests and WebSockets of all previews of one machine at the same time. */
export const PREVIEW_MAX_REQUESTS = 256;
/** Requests that wait for a connection to one port. */
export const PREVIEW_MAX_WAITING = 200;
/** Ways into the kernel worker at the same time: service workers of this site, old and new. */
export const PREVIEW_MAX_PORTS = 8;
/** How long a service worker may take to say that it is still there, in milliseconds. */
export const PREVIEW_PING_MS = 10_000;
/** How long the page that runs a machine may take to answer the service worker, in milliseconds. */
export const PREVIEW_FIND_MS = 4000;
/** How often the service worker looks whether the page of a machine is still open, in milliseconds. */
export const PREVIEW_WATCH_MS = 3000;
/** How long the kernel worker may take to say that it has a request, in milliseconds. */
export const PREVIEW_ACCEPT_MS = 8000;
/** HTML that is looked through for the place of the preview's script. */
export const PREVIEW_HTML_PREFIX_BYTES = 16 * KIB;
/** Clients whose kind the service worker remembers. */
export const PREVIEW_KNOWN_CLIENTS = 500;
/** Cookies: of one port, and the bytes of one's name and value, as browsers have it (RFC 6265bis, section 5.6). */
export const COOKIES_PER_PORT = 180;
export const COOKIE_BYTES = 4096;
export const COOKIE_ATTRIBUTE_BYTES = 1024;
/** Cookies: the longest life that is given, in milliseconds: 400 days. */
export const COOKIE_MAX_AGE_MS = 400 * 24 * 60 * 60 * 1000;
/** Letters of a page's title or address that the pane shows. */
export const PREVIEW_TITLE_LENGTH = 200;
export const PREVIEW_ADDRESS_LENGTH = 4096;

// --- Network: a network of tabs

/** LAN: the numbers of machines, which are the last parts of their addresses; 1 is the gateway. */
export const LAN_FIRST_NUMBER = 2;
export const LAN_LAST_NUMBER = 254;
/** LAN: letters of a network's name. */
export const LAN_NAME_LENGTH = 32;
/** LAN: one message between two tabs: its frames, and their bytes together. */
export const LAN_BATCH_FRAMES = 256;
export const LAN_BATCH_BYTES = 256 * KIB;
/** LAN: messages to one tab that it has not taken yet, and how long it may take until they count as lost, in milliseconds. */
export const LAN_WINDOW_BATCHES = 2;
export const LAN_TAKEN_MS = 1000;
/** LAN: frames that wait for that, for each tab; what comes beyond is dropped. */
export const LAN_QUEUE_BYTES = 2 * MIB;
/** LAN: frames to everybody that one machine may send in a second (storm control). */
export const LAN_BROADCASTS_PER_SECOND = 100;
/** LAN: how long a machine that joins waits for the names of the others, in milliseconds. */
export const LAN_ANSWER_MS = 300;
/*
 * Sharing: what programs of the guest can make the kernel worker and the relay spend by asking for public
 * addresses.
 */

/** Ports with a public address at the same time. */
export const MAX_SHARES = 16;
/** Connections to the gateway's control port at the same time; each is one share. */
export const MAX_CONTROL_CONNECTIONS = 16;
/** Bytes of the one line that a connection may send. */
export const CONTROL_LINE_BYTES = 128;
/** How long it may take to send it, and to close after the last answer, in milliseconds. */
export const CONTROL_REQUEST_MS = 10_000;
/** Letters of a text in an answer: room for an address with the longest names. */
export const CONTROL_TEXT_CHARACTERS = 400;

// --- Set-ups (docs/setup.md): what a link that anybody may have written can make the page spend

/** Set-ups: bytes of the document, whether it is fetched, dropped or unpacked from a link. */
export const SETUP_BYTES = MIB;
/** Set-ups: letters of a link's packed document: of one that cannot be compressed, in base64. */
export const SETUP_LINK_CHARACTERS = 1.5 * MIB;
/** Set-ups: packed bytes that are unpacked at once, which may become a thousand times as many. */
export const SETUP_PIECE_BYTES = KIB;
/** Set-ups: how deep the document may be nested; none that is sound needs half of it. */
export const SETUP_DEPTH = 8;
/** Set-ups: characters of a line that is shown, of a description, an address and a path. */
export const SETUP_TITLE_CHARACTERS = 100;
export const SETUP_TEXT_CHARACTERS = 1000;
export const SETUP_PATH_CHARACTERS = 1000;
/** Set-ups: what there may be of each. The agent passes 119 strings to a shell, in 8 KiB with those of the image. */
export const SETUP_FILES = 200;
export const SETUP_VARIABLES = 50;
export const SETUP_ENVIRONMENT_BYTES = 4 * KIB;
export const SETUP_COMMANDS = 50;
export const SETUP_TERMINALS = 7;
export const SETUP_PORTS = 16;
/** Set-ups: bytes of all files that are fetched, together, and at the same time how many. */
export const SETUP_FETCHED_BYTES = 64 * MIB;
export const SETUP_PARALLEL_FETCHES = 4;
/** Set-ups: how long a command waits for a prompt before the visitor is told, in milliseconds. */
export const SETUP_PROMPT_MS = 20_000;

// --- Frames in other pages (docs/embedding.md): what either side can make the other spend

/** Embedding: connections that the page around a frame may have to it at the same time. */
export const EMBED_CONNECTIONS = 8;
/** Embedding: calls of one connection that are under way, those that hold a file open among them. */
export const EMBED_CALLS = 64;
/** Embedding: letters of an error's texts, and of its code. */
export const EMBED_TEXT_CHARACTERS = 4 * KIB;
export const EMBED_CODE_CHARACTERS = 32;
/** Embedding: letters of a path, and of each text that a program is started with. */
export const EMBED_PATH_CHARACTERS = MAX_PATH_BYTES;
export const EMBED_ARGUMENT_CHARACTERS = AGENT_PAYLOAD_BYTES;
/** Embedding: how long a frame may take to answer for the first time, in milliseconds. */
export const EMBED_HELLO_MS = 60_000;
/** Embedding: the height of a frame that follows its content, in CSS pixels: at first, and its bounds. */
export const EMBED_HEIGHT = 320;
export const EMBED_MIN_HEIGHT = 160;
export const EMBED_MAX_HEIGHT = 640;
