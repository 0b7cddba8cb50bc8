namespace IrohMoq.Reactive.Iroh.Core;

/// <summary>
/// Finds STOP_SENDING frames in the plaintext of a packet. ngtcp2 answers these frames but does not report them, and reports their code
/// only after both directions of the stream have ended. A writer must be notified of both immediately. See RFC 9000, section 19.
/// </summary>
internal static class StopScan
{
    private const int ResetTokenSize = 16;
    private const int PathDataSize = 8;

    /// <summary>
    /// Adds the stream id and the code of each STOP_SENDING frame to a list. The scan ends at an unknown or incomplete frame; ngtcp2
    /// validates the packet itself.
    /// </summary>
    public static void Find(ReadOnlySpan<byte> payload, List<(long Stream, ulong Code)> found)
    {
        var reader = new Reader(payload);
        while (reader.TryRead(out var type))
        {
            var isWhole = type switch
            {
                0x00 or 0x01 or 0x1e => true,
                0x02 or 0x03 => reader.SkipAcknowledgement(hasEcn: type == 0x03),
                0x04 => reader.SkipNumbers(3),
                0x05 => reader.TakeStop(found),
                0x06 => reader.SkipNumbers(1) && reader.SkipBytesWithLength(),
                0x07 => reader.SkipBytesWithLength(),
                >= 0x08 and <= 0x0f => reader.SkipNumbers((type & 0x04) != 0 ? 2 : 1) && (type & 0x02) != 0 && reader.SkipBytesWithLength(),
                0x10 or 0x12 or 0x13 or 0x14 or 0x16 or 0x17 or 0x19 => reader.SkipNumbers(1),
                0x11 or 0x15 => reader.SkipNumbers(2),
                0x18 => reader.SkipNumbers(2) && reader.SkipId() && reader.SkipBytes(ResetTokenSize),
                0x1a or 0x1b => reader.SkipBytes(PathDataSize),
                // A DATAGRAM frame without a length (0x30) is always the last frame of its packet, so it ends the scan.
                0x31 => reader.SkipBytesWithLength(),
                _ => false,
            };
            if (!isWhole)
                return;
        }
    }

    private ref struct Reader(ReadOnlySpan<byte> rest)
    {
        private ReadOnlySpan<byte> _rest = rest;

        public bool TryRead(out ulong value)
        {
            value = 0;
            if (_rest.IsEmpty)
                return false;
            var length = 1 << (_rest[0] >> 6);
            if (_rest.Length < length)
                return false;
            value = _rest[0] & 0x3fUL;
            for (var i = 1; i < length; i++)
                value = (value << 8) | _rest[i];
            _rest = _rest[length..];
            return true;
        }

        public bool SkipNumbers(int count)
        {
            for (var i = 0; i < count; i++)
            {
                if (_rest.IsEmpty || _rest.Length < 1 << (_rest[0] >> 6))
                    return false;
                _rest = _rest[(1 << (_rest[0] >> 6))..];
            }

            return true;
        }

        public bool SkipBytes(ulong count)
        {
            if (count > (ulong)_rest.Length)
                return false;
            _rest = _rest[(int)count..];
            return true;
        }

        public bool SkipBytesWithLength() => TryRead(out var length) && SkipBytes(length);

        public bool SkipId()
        {
            if (_rest.IsEmpty)
                return false;
            return SkipBytes(1UL + _rest[0]);
        }

        public bool SkipAcknowledgement(bool hasEcn)
        {
            if (!SkipNumbers(2) || !TryRead(out var ranges) || !SkipNumbers(1))
                return false;
            for (; ranges > 0; ranges--)
            {
                if (!SkipNumbers(2))
                    return false;
            }

            return !hasEcn || SkipNumbers(3);
        }

        public bool TakeStop(List<(long Stream, ulong Code)> found)
        {
            if (!TryRead(out var stream) || !TryRead(out var code))
                return false;
            found.Add(((long)stream, code));
            return true;
        }
    }
}
