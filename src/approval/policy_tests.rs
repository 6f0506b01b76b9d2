//! Who is let through, and how many it takes.

use super::*;
use crate::approval::Risk;

pub(crate) fn policy() -> Policy {
    Policy {
        requesters: listed(&["UALICE", "UBOB", "UCARA", "UALICE2"]),
        approvers: listed(&["UALICE", "UBOB", "UCARA", "UALICE2"]),
        people: BTreeMap::from([
            ("UALICE".to_owned(), "alice".to_owned()),
            ("UALICE2".to_owned(), "alice".to_owned()),
            ("UBOB".to_owned(), "bob".to_owned()),
            ("UCARA".to_owned(), "cara".to_owned()),
        ]),
        approvals: NonZeroU8::MIN,
        two_approvals_above: 50,
        pending_ttl: Duration::from_hours(1),
        approved_ttl: Duration::from_mins(15),
        held_ttl: Duration::from_hours(96),
        remind_after: Duration::from_mins(10),
        open_requests: 10,
        cool_down: Duration::from_mins(10),
        ticket_pattern: None,
        rules: vec![],
        freezes: vec![],
    }
}

pub(crate) fn account(user: &str) -> Account {
    Account {
        user: UserId::new(user),
        team: TeamId::new("T0001"),
        ours: true,
        deactivated: false,
        guest: false,
        bot: false,
        groups: BTreeSet::new(),
    }
}

const MATTER: Matter<'static> =
    Matter { operation: "dataset withdraw", environment: "production", risk: Risk::Reversible, size: 1 };

fn listed(users: &[&str]) -> AccessList {
    let users = users.iter().map(|user| (*user).to_owned()).collect();
    AccessList { users, usergroups: BTreeSet::new() }
}

fn person(policy: &Policy, account: &Account, role: Role) -> Result<PersonId, Refusal> {
    policy.admit(account, role, &MATTER).map(|admission| admission.person)
}

fn not_an_approver(rule: &str) -> Refusal {
    Refusal::NotAnApprover { rule: rule.to_owned() }
}

#[test]
fn s13_guests_bots_deactivated_and_external_accounts_are_refused_even_when_listed() {
    let refused = |edit: fn(&mut Account)| {
        let mut account = account("UBOB");
        edit(&mut account);
        person(&policy(), &account, Role::Approver)
    };
    assert_eq!(refused(|a| a.guest = true), Err(Refusal::Guest));
    assert_eq!(refused(|a| a.bot = true), Err(Refusal::Bot));
    assert_eq!(refused(|a| a.deactivated = true), Err(Refusal::Deactivated));
    assert_eq!(refused(|a| a.ours = false), Err(Refusal::OtherTeam));
    assert_eq!(refused(|_| ()), Ok(PersonId::new("bob")));
}

#[test]
fn s12_two_accounts_of_one_person_are_one_person() {
    let policy = policy();
    assert_eq!(policy.person(&UserId::new("UALICE")), policy.person(&UserId::new("UALICE2")));
    assert_ne!(policy.person(&UserId::new("UALICE")), policy.person(&UserId::new("UBOB")));
}

#[test]
fn s12_whom_the_registry_does_not_know_is_refused_even_when_listed() {
    let mut policy = policy();
    policy.people.remove("UBOB");
    assert_eq!(person(&policy, &account("UBOB"), Role::Approver), Err(Refusal::NotRegistered));
    assert_eq!(policy.admit_anywhere(&account("UBOB"), Role::Requester), Err(Refusal::NotRegistered));
    policy.people.clear();
    assert_eq!(person(&policy, &account("UBOB"), Role::Approver), Ok(PersonId::new("UBOB")));
}

#[test]
fn a_group_admits_its_members_only() {
    let mut policy = policy();
    policy.people.clear();
    policy.approvers = AccessList { users: BTreeSet::new(), usergroups: BTreeSet::from(["S1".to_owned()]) };
    let mut member = account("UZOE");
    assert_eq!(person(&policy, &member, Role::Approver), Err(not_an_approver(EVERYWHERE)));
    member.groups.insert("S1".to_owned());
    assert_eq!(person(&policy, &member, Role::Approver), Ok(PersonId::new("UZOE")));
    assert_eq!(
        person(&policy, &member, Role::Requester),
        Err(Refusal::NotARequester { rule: EVERYWHERE.to_owned() })
    );
    assert_eq!(policy.admit_anywhere(&member, Role::Approver), Ok(PersonId::new("UZOE")));
    assert_eq!(
        policy.admit_anywhere(&member, Role::Requester),
        Err(Refusal::NotARequester { rule: EVERYWHERE.to_owned() })
    );
}

#[test]
fn s9_a_group_and_a_list_under_version_control_both_have_to_hold_somebody() {
    let group = AccessList { users: BTreeSet::new(), usergroups: BTreeSet::from(["S1".to_owned()]) };
    let member = |user: &str| Account { groups: BTreeSet::from(["S1".to_owned()]), ..account(user) };
    // Whoever edits the group in Slack adds nobody whom the registry does not know …
    let mut policy = Policy { approvers: group, ..policy() };
    assert_eq!(person(&policy, &member("UBOB"), Role::Approver), Ok(PersonId::new("bob")));
    assert_eq!(person(&policy, &member("UEVE"), Role::Approver), Err(Refusal::NotRegistered));
    // … nor whom a rule does not name.
    policy.rules =
        vec![Rule { name: "named".into(), approvers: Some(listed(&["UBOB", "UZOE"])), ..Rule::default() }];
    assert_eq!(person(&policy, &member("UBOB"), Role::Approver), Ok(PersonId::new("bob")));
    assert_eq!(person(&policy, &member("UCARA"), Role::Approver), Err(not_an_approver("named")));
    // And being named is not enough where one is in the group no more.
    assert_eq!(person(&policy, &account("UBOB"), Role::Approver), Err(not_an_approver(EVERYWHERE)));
}

#[test]
fn every_rule_that_fits_must_let_somebody_through() {
    let mut policy = policy();
    policy.rules = vec![
        Rule {
            name: "elsewhere".into(),
            environments: ["staging".to_owned()].into(),
            approvers: Some(listed(&["UALICE"])),
            ..Rule::default()
        },
        Rule { name: "numbers".into(), approvals: Some(NonZeroU8::MIN), ..Rule::default() },
        Rule { name: "few".into(), approvers: Some(listed(&["UBOB", "UCARA"])), ..Rule::default() },
        Rule {
            name: "fewer".into(),
            approvers: Some(listed(&["UBOB", "UZOE"])),
            requesters: Some(listed(&["UCARA"])),
            ..Rule::default()
        },
    ];
    let admitted = policy.admit(&account("UBOB"), Role::Approver, &MATTER).unwrap();
    assert_eq!(admitted.rules, [EVERYWHERE, "few", "fewer"]);
    assert_eq!(admitted.user, UserId::new("UBOB"));
    assert_eq!(person(&policy, &account("UALICE"), Role::Approver), Err(not_an_approver("few")));
    assert_eq!(person(&policy, &account("UCARA"), Role::Approver), Err(not_an_approver("fewer")));
    assert!(person(&policy, &account("UCARA"), Role::Requester).is_ok());
    assert_eq!(
        person(&policy, &account("UBOB"), Role::Requester),
        Err(Refusal::NotARequester { rule: "fewer".to_owned() })
    );
    // A rule lets nobody in whom the lists that hold everywhere do not.
    policy.people.insert("UZOE".to_owned(), "zoe".to_owned());
    assert_eq!(person(&policy, &account("UZOE"), Role::Approver), Err(not_an_approver(EVERYWHERE)));
}

#[test]
fn the_largest_number_of_approvals_counts_and_no_rule_lowers_it() {
    let two = NonZeroU8::new(2).unwrap();
    let mut policy = policy();
    let needs = |policy: &Policy, matter: Matter<'_>| policy.approvals_for(&matter).get();
    assert_eq!(needs(&policy, MATTER), 1);
    assert_eq!(needs(&policy, Matter { risk: Risk::Irreversible, ..MATTER }), 2);
    assert_eq!(needs(&policy, Matter { size: 50, ..MATTER }), 1);
    assert_eq!(needs(&policy, Matter { size: 51, ..MATTER }), 2);
    policy.rules = vec![Rule {
        name: "three".into(),
        environments: ["production".to_owned()].into(),
        approvals: NonZeroU8::new(3),
        ..Rule::default()
    }];
    assert_eq!(needs(&policy, MATTER), 3);
    assert_eq!(needs(&policy, Matter { environment: "staging", ..MATTER }), 1);
    policy.rules = vec![Rule { name: "one".into(), approvals: Some(NonZeroU8::MIN), ..Rule::default() }];
    policy.approvals = two;
    assert_eq!(needs(&policy, MATTER), 2);
    assert_eq!(
        policy
            .asked_for(&Matter { size: 51, ..MATTER })
            .map(|(name, many)| format!("{name} {many}"))
            .collect::<Vec<_>>(),
        ["policy 2", "risk 1", "two_approvals_above 2", "one 1"]
    );
    assert_eq!(policy.approvals_because(&Matter { size: 51, ..MATTER }), [USUAL, BY_SIZE]);
    policy.approvals = NonZeroU8::MIN;
    assert!(policy.approvals_because(&MATTER).is_empty());
    assert_eq!(policy.approvals_because(&Matter { risk: Risk::Irreversible, ..MATTER }), [BY_RISK]);
}

#[test]
fn every_group_that_any_rule_names_is_read() {
    let mut policy = policy();
    let group = |id: &str| AccessList { users: BTreeSet::new(), usergroups: [id.to_owned()].into() };
    policy.requesters = group("S1");
    policy.approvers = group("S2");
    policy.rules = vec![Rule {
        name: "x".into(),
        requesters: Some(group("S3")),
        approvers: Some(group("S4")),
        ..Rule::default()
    }];
    assert_eq!(policy.usergroups(), BTreeSet::from(["S1", "S2", "S3", "S4"]));
}

#[test]
fn the_digest_moves_with_the_rules() {
    let moved = |edit: fn(&mut Policy)| {
        let mut other = policy();
        edit(&mut other);
        other.digest() != policy().digest()
    };
    assert!(!moved(|_| ()));
    assert!(moved(|p| p.pending_ttl = Duration::from_secs(1)));
    assert!(moved(|p| p.rules.push(Rule::default())));
    assert!(moved(|p| p.people.clear()));
    assert_eq!(policy().digest().len(), 16);
}

#[test]
fn an_empty_list_is_one_with_neither_people_nor_groups() {
    assert!(AccessList::default().is_empty());
    assert!(!listed(&["U1"]).is_empty());
    assert!(!AccessList { users: BTreeSet::new(), usergroups: ["S1".to_owned()].into() }.is_empty());
}
