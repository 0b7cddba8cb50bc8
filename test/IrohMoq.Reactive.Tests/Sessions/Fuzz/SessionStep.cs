using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Tests.Sessions.Fuzz;

/// <summary>What a hostile peer does next.</summary>
internal enum StepKind : byte
{
    /// <summary>Opens a unidirectional stream and writes bytes.</summary>
    OpenUni,

    /// <summary>Opens a bidirectional stream and writes bytes.</summary>
    OpenBidi,

    /// <summary>Writes bytes on a stream that it has opened.</summary>
    Write,

    /// <summary>Ends a stream that it has opened.</summary>
    Finish,

    /// <summary>Resets a stream that it has opened.</summary>
    Reset,

    /// <summary>Stops the answer on a stream that it has opened.</summary>
    Stop,

    /// <summary>Writes bytes on a bidirectional stream that the session has opened.</summary>
    Answer,

    /// <summary>Ends its side of a stream that the session has opened.</summary>
    FinishAnswer,

    /// <summary>Refuses a stream that the session has opened.</summary>
    Refuse,

    /// <summary>Sends a datagram.</summary>
    Datagram,

    /// <summary>Waits, a few milliseconds for each unit of the lower half of the number of the stream.</summary>
    Wait,
}

/// <summary>Represents one step of a hostile peer.</summary>
/// <param name="Kind">What the peer does.</param>
/// <param name="Stream">The number of the stream among those opened so far, modulo their number.</param>
/// <param name="Bytes">The bytes that are written, or of which the first is the code.</param>
internal sealed record SessionStep(StepKind Kind, byte Stream, byte[] Bytes)
{
    /// <summary>Returns the steps as hexadecimal digits: for each its kind, its stream, the length of the bytes and the bytes.</summary>
    public static string ToText(IEnumerable<SessionStep> steps) => string.Concat(steps.Select(static step =>
    {
        var head = new byte[2 + Varint.MaxLength];
        (head[0], head[1]) = ((byte)step.Kind, step.Stream);
        var length = 2 + Varint.Write(head.AsSpan(2), (ulong)step.Bytes.Length);
        return Convert.ToHexStringLower(head, 0, length) + Convert.ToHexStringLower(step.Bytes);
    }));

    public static SessionStep[] Parse(byte[] bytes)
    {
        var steps = new List<SessionStep>();
        for (var rest = bytes.AsSpan(); !rest.IsEmpty;)
        {
            if (rest.Length < 2 || !Varint.TryRead(rest[2..], out var length, out var prefix))
                throw new FormatException($"{Convert.ToHexString(bytes)} is not a list of steps.");
            steps.Add(new SessionStep((StepKind)rest[0], rest[1], rest.Slice(2 + prefix, (int)length).ToArray()));
            rest = rest[(2 + prefix + (int)length)..];
        }

        return [.. steps];
    }
}
