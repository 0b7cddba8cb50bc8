namespace IrohMoq.Reactive.Testing.Tests.Transport;

/// <summary>The call of a transport that fails with an exception which it never documents.</summary>
public enum BrokenCall
{
    OpenUni,
    OpenBidi,
    AcceptUni,
    AcceptBidi,
    Read,
    Write,
    WriteBlock,
    Finish,
    Reset,
    Stop,
    Schedule,
    NotifyEnd,
    Close,
}
