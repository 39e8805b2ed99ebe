/**
 * What a worker's script does whose service has parts that are loaded when they are needed. The script itself
 * then shares nothing with them, and imports nothing before it runs: WebKit would run it once more for a part
 * that imports it, and Firefox' service worker cannot ask who a worker is that still waits for its imports.
 */

/** @param load the service; messages that come before it wait */
export function serveLater<Message>(
  load: () => Promise<{ handle(message: Message): Promise<void> }>,
): void {
  const service = load();
  self.onmessage = ({ data }: MessageEvent<Message>) => {
    // That there is none is told below, once.
    void service.then(
      (loaded) => loaded.handle(data),
      () => {},
    );
  };
  // The worker's owner is told of an error, and not of a rejection.
  service.catch(reportError);
}
