namespace IrohMoq.Reactive.Tests.Transcripts;

/// <summary>
/// Provides the changes of an expectation of which <see cref="Differences"/> consist. Each tells whether it changed anything.
/// </summary>
internal static class ExpectationChanges
{
    /// <summary>Replaces each message of a type.</summary>
    public static bool Replace<T>(this Expectation expectation, Func<T, T> change)
        where T : struct
    {
        var isChanged = false;
        foreach (var stream in expectation.Streams)
        {
            for (var i = 0; i < stream.Messages.Count; i++)
            {
                if (stream.Messages[i].Message is not T message || change(message) is var other && other.Equals(message))
                    continue;
                stream.Messages[i] = stream.Messages[i] with { Message = change(message) };
                isChanged = true;
            }
        }

        return isChanged;
    }

    /// <summary>Adds a message to the first stream of a type.</summary>
    public static bool Insert(this Expectation expectation, string type, int index, object message)
    {
        var stream = expectation.Streams.First(one => one.Type == type);
        stream.Messages.Insert(index, new ExpectedMessage(message, index));
        return true;
    }

    /// <summary>Adds a stream that this side opens.</summary>
    public static void Add(this Expectation expectation, string type, params object[] messages)
    {
        expectation.Streams.Add(new ExpectedStream
        {
            Id = -1 - expectation.Streams.Count,
            IsBidi = type != "Group",
            IsOurs = true,
            Type = type,
            Opening = messages[0],
            Messages = [.. messages.Select(static (message, place) => new ExpectedMessage(message, place))],
            End = StreamEnding.Open,
        });
    }

    /// <summary>Replaces the end of each stream of a type that has a certain one.</summary>
    public static bool ReplaceEnds(this Expectation expectation, string type, StreamEnding from, StreamEnding to)
    {
        var streams = expectation.Streams.Where(stream => stream.Type == type && stream.End == from).ToArray();
        foreach (var stream in streams)
            stream.End = to;
        return streams.Length > 0;
    }

    /// <summary>Replaces the codes of resets and stops.</summary>
    public static bool ReplaceCodes(this Expectation expectation, Func<uint, uint> change)
    {
        var isChanged = expectation.ReplaceStops(change);
        foreach (var stream in expectation.Streams)
        {
            if (stream.End?.Code is not { } code || change(code) == code)
                continue;
            stream.End = StreamEnding.Reset(change(code));
            isChanged = true;
        }

        return isChanged;
    }

    /// <summary>Replaces the codes of stops.</summary>
    public static bool ReplaceStops(this Expectation expectation, Func<uint, uint> change)
    {
        var isChanged = false;
        foreach (var stream in expectation.Streams)
        {
            if (stream.Stop is not { } code || change(code) == code)
                continue;
            stream.Stop = change(code);
            isChanged = true;
        }

        return isChanged;
    }

    /// <summary>Replaces something that the application sees.</summary>
    public static bool Observe(this Expectation expectation, string from, string to)
    {
        var index = expectation.Observations.IndexOf(from);
        if (index >= 0)
            expectation.Observations[index] = to;
        return index >= 0;
    }
}
