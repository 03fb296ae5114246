/**
 * Follows a file by its name, as `tail -F` does, but says where every byte stands, so that reading goes on after a lost
 * link without loss and without a byte twice: `tail -F` tells neither the file's number nor the place, and starts a file
 * that was cut short again from its beginning without a word.
 *
 * Arguments: path, mark, inode and offset to go on from (both empty at first), bytes of the past to begin with.
 * It prints the file's bytes and, between them, lines that begin with the mark, which nobody can guess:
 *
 *     MARK data INODE OFFSET   the bytes that follow stand there; INODE has the time of birth with it, since numbers are
 *                              given again
 *     MARK rotated | truncated | lost   what came between: another file under the name, cut short, bytes that are gone
 *     MARK gone | denied | directory    there is nothing to read; it waits (gone) or ends
 *     MARK beat                so that a reader that went away is noticed
 *
 * POSIX sh with `stat`, `tail` and `head` of GNU or BusyBox.
 */
export const followScript = `
path=$1 mark=$2 inode=$3 offset=$4 past=$5
parent=$PPID quiet=0 missing=0 beat=0
say() { printf '%s %s\\n' "$mark" "$*" || exit 0; }
place() {
  set -- $(stat -Lc '%s %i-%w' -- "$1" 2>/dev/null || stat -Lf '%z %i-%B' -- "$1" 2>/dev/null)
  [ -z "$1" ] || echo "$1 $2$3"
}
copy() { tail -c "+$(($2 + 1))" -- "$1" | head -c "$3"; }
nap() {
  sleep "$1" || exit 0
  kill -0 "$parent" 2>/dev/null || exit 0
  beat=$((beat + 1))
  [ "$beat" -lt 20 ] || { beat=0; say beat; }
}
trap 'exit 0' HUP INT TERM PIPE
while :; do
  set -- $(place "$path")
  if [ -z "$1" ]; then
    [ "$missing" = 1 ] || { missing=1; say gone; }
    nap 1
    continue
  fi
  missing=0
  [ ! -d "$path" ] || { say directory; exit 0; }
  [ -r "$path" ] || { say denied; exit 0; }
  size=$1
  if [ -z "$inode" ]; then
    offset=0
    [ "$size" -le "$past" ] || offset=$((size - past))
    inode=$2
    say data "$inode" "$offset"
  elif [ "$2" != "$inode" ]; then
    found=
    for old in "$path".1 "$path".0 "$path"-* "$path".[0-9]*; do
      now=$(place "$old")
      [ "\${now##* }" = "$inode" ] || continue
      found=1 rest=$((\${now%% *} - offset))
      [ "$rest" -le 0 ] || { say data "$inode" "$offset"; copy "$old" "$offset" "$rest"; }
      break
    done
    [ -n "$found" ] || say lost
    inode=$2 offset=0
    say rotated
    say data "$inode" 0
  elif [ "$size" -lt "$offset" ]; then
    offset=0
    say truncated
    say data "$inode" 0
  fi
  if [ "$size" -gt "$offset" ]; then
    say data "$inode" "$offset"
    copy "$path" "$offset" $((size - offset)) || exit 0
    offset=$size quiet=0
    nap 0.2
  else
    [ "$quiet" != 0 ] || say beat
    quiet=$((quiet + 1))
    if [ "$quiet" -lt 25 ]; then nap 0.2; else nap 1; fi
  fi
done
`;
