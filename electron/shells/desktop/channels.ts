/** The two messages between a page's preload script and main. Neither carries anything but its name, and one port. */
export const CONNECT_CHANNEL = "gatehouse:connect";
export const PORT_CHANNEL = "gatehouse:port";
