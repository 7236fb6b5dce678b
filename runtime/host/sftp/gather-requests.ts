// Small requests of one turn travel in one packet: ssh2 encrypts and sends each by itself, which costs more than the request.
//
// What the channel carries is a stream of bytes, so where packets are cut is nobody's concern. The order stays, and so does
// the count of what the other side has room for, which is kept before any of it comes here.
import type { SFTPWrapper } from 'ssh2';

/** Where ssh2 is not what it was when this was written, everything stays as it is. */
export const gatherRequests = (sftp: SFTPWrapper): void => {
  const { _protocol: protocol, outgoing } = sftp as unknown as Inside;
  if (typeof protocol?.channelData !== 'function' || typeof outgoing?.packetSize !== 'number') return;
  const send = protocol.channelData.bind(protocol);
  let gathered: Buffer[] = [];
  let bytes = 0;

  const flush = (): void => {
    const [first, ...others] = gathered;
    gathered = [];
    bytes = 0;
    if (first !== undefined) send(outgoing.id, others.length === 0 ? first : Buffer.concat([first, ...others]));
  };

  protocol.channelData = (channel, data) => {
    if (channel !== outgoing.id) return send(channel, data);
    if (data.length >= LARGE) {
      flush();
      return send(channel, data);
    }
    if (bytes + data.length > outgoing.packetSize) flush();
    if (gathered.length === 0) process.nextTick(flush);
    gathered.push(data);
    bytes += data.length;
  };
};

/** What ssh2 does not show: where its requests leave it. */
type Inside = {
  readonly _protocol?: { channelData?: (channel: number, data: Buffer) => void };
  readonly outgoing?: { readonly id: number; readonly packetSize: number };
};

/** From here on a copy costs as much as a packet. */
const LARGE = 16_384;
