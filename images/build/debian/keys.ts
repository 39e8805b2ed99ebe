/**
 * The OpenPGP keys that sign Debian's archive, by the full fingerprint of their primary key. A key is
 * used only if it is listed here, wherever its bytes came from; signatures by its subkeys count if the
 * key itself vouches for them.
 *
 * The same fingerprints are in the package debian-archive-keyring and on Debian's page of archive keys.
 */
export const PINNED_KEYS: ReadonlyMap<string, string> = new Map([
  [
    "b8b80b5b623eab6ad8775c45b7c5d7d6350947f8",
    "Debian Archive Automatic Signing Key (12/bookworm)",
  ],
  ["4d64fec119c2029067d6e791f8d2585b8783d481", "Debian Stable Release Key (12/bookworm)"],
  ["04b54c3cdca79751b16bc6b5225629df75b188bd", "Debian Archive Automatic Signing Key (13/trixie)"],
  ["41587f7db8c774bccf131416762f67a0b2c39de4", "Debian Stable Release Key (13/trixie)"],
]);
