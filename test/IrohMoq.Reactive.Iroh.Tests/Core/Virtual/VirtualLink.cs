namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>Carries datagrams in one direction of a <see cref="VirtualNetwork"/>, as its <see cref="Model"/> says.</summary>
internal sealed class VirtualLink(VirtualNetwork network, LinkModel model)
{
    private readonly Random _random = new(network.Random.Next());
    private TimeSpan _freeAt;

    /// <summary>Gets or sets the properties of the link from now on.</summary>
    public LinkModel Model { get; set; } = model;

    /// <summary>Gets or sets a value that indicates whether all datagrams are lost.</summary>
    public bool IsDown { get; set; }

    /// <summary>Gets the number of datagrams that were sent.</summary>
    public int Sent { get; private set; }

    /// <summary>Gets the number of bytes that were sent.</summary>
    public long SentBytes { get; private set; }

    /// <summary>Gets the number of datagrams that were lost for any reason.</summary>
    public int Lost { get; private set; }

    /// <summary>Gets the number of datagrams that were lost because they were too large.</summary>
    public int TooLarge { get; private set; }

    /// <summary>Gets the size of the largest datagram that arrived.</summary>
    public int Largest { get; private set; }

    /// <summary>Changes the link at a time.</summary>
    public void ChangeAt(TimeSpan time, Func<LinkModel, LinkModel> change) => network.At(time, () => Model = change(Model));

    /// <summary>Loses all datagrams from a time on.</summary>
    /// <param name="from">The time.</param>
    /// <param name="duration">The duration; null for ever.</param>
    public void GoDownAt(TimeSpan from, TimeSpan? duration = null)
    {
        network.At(from, () => IsDown = true);
        if (duration is { } finite)
            network.At(from + finite, () => IsDown = false);
    }

    /// <summary>Carries a datagram, which arrives once, twice or not at all.</summary>
    /// <param name="size">The size of the datagram.</param>
    /// <param name="deliver">The action that delivers the datagram.</param>
    public void Carry(int size, Action deliver)
    {
        Sent++;
        SentBytes += size;
        if (IsDown || size > Model.Mtu || _random.NextDouble() < Model.Loss || !TryQueue(size, out var sentAt))
        {
            Lost++;
            TooLarge += size > Model.Mtu ? 1 : 0;
            return;
        }

        Largest = Math.Max(Largest, size);
        network.At(sentAt + Delay(), deliver);
        if (_random.NextDouble() < Model.Duplication)
            network.At(sentAt + Delay(), deliver);
    }

    private bool TryQueue(int size, out TimeSpan sentAt)
    {
        var now = network.Elapsed;
        sentAt = now;
        if (Model.Rate == 0)
            return true;
        var begins = _freeAt > now ? _freeAt : now;
        if ((begins - now).TotalSeconds * Model.Rate > Model.Queue)
            return false;
        sentAt = _freeAt = begins + TimeSpan.FromSeconds((double)size / Model.Rate);
        return true;
    }

    private TimeSpan Delay() => Model.Delay + (_random.NextDouble() * Model.Jitter);
}
