/** The guest's way to the Internet, whatever it goes through. */
import type { ByteStream } from "../../../shared/byte-stream.ts";
import type { DatagramStream } from "../relay/datagrams.ts";

export interface Egress {
  /** @throws NetworkError as a program would see it */
  connect(host: string, port: number): Promise<ByteStream>;
  openUdp(host: string, port: number): DatagramStream;
  /** Datagrams to and from a resolver of names. */
  openResolver(): DatagramStream;
}
